"""What a person gets wrong at the front door is answered with what to do."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scripts.images import ROOT


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "./manage.py start"),
        (["dance"], 2, "invalid choice: 'dance'"),
        (["start", "no/such/folder"], 1, "name a folder that exists, or org/name"),
        (["start", "--library", "nothing"], 1, "there are: "),
        (["build", "nothing"], 1, "there are: "),
        (["test", "nothing"], 1, "there are: "),
    ],
)
def test_it_says_what_to_do(arguments: list[str], status: int, said: str) -> None:
    done = manage(*arguments)
    assert done.returncode == status
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
