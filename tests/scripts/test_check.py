"""`test`: what passes is recorded, and nothing else is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts import check
from scripts.images import ROOT
from scripts.suite.checks import Check
from scripts.suite.inputs import Inputs, Tree
from scripts.suite.plan import Limits, Planned
from scripts.suite.records import Records

INPUTS = Inputs(("manage.py",))


def planned(name: str, code: str, digest: str) -> Planned:
    one = Check(name, "shared", (sys.executable, "-c", code), INPUTS)
    return Planned(one, digest, "own", True, None, 1.0, 0.0)


@pytest.mark.parametrize(
    ("code", "digest", "status", "recorded"),
    [
        ("print('3 passed')", None, 0, True),
        ("print('3 passed, 1 skipped')", None, 0, False),
        ("print('3 passed, 1 failed'); raise SystemExit(1)", None, 1, False),
        ("import os; os.kill(os.getpid(), 9)", None, 1, False),
        ("print('3 passed')", "of what the files held before", 0, False),
    ],
)
def test_only_a_full_pass_of_unchanged_files_is_recorded(
    tmp_path: Path, code: str, digest: str | None, status: int, recorded: bool
) -> None:
    now = Tree.read(ROOT).digest(INPUTS)
    records = Records(tmp_path)
    assert check.execute([planned("one", code, digest or now)], [], records, Limits(), 1) == status
    record = records.find("one", now)
    assert (record is not None) is recorded
    assert record is None or record.tests == 3
    assert records.empty is not recorded
