"""Commands run by a user without rights, as on a machine that is not its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest

from scripts.images import ROOT

NOBODY = 65534


def run_python_as_nobody(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Python on this checkout, by the unprivileged user `nobody`; skips the test where that cannot be."""
    if os.geteuid():
        pytest.skip("only root can run a command as another user; run the tests as root")
    if _run(["-c", "import scripts"], {}).returncode:
        pytest.skip(f"another user cannot read {ROOT}; clone it to a folder that all users can read")
    return _run(arguments, environment or {})


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(ROOT), str(ROOT / "common" / "src")))
    variables = {**os.environ, "HOME": "/nonexistent", "PYTHONPATH": path, **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=variables, user=NOBODY, group=NOBODY, extra_groups=[],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
