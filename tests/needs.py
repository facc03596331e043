"""Tests that use a program of the system: skipped where it is missing, with the command that installs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.prerequisites import Prerequisite


def require(needed: Prerequisite) -> Path:
    """The program; skips the test where this machine has none."""
    path = needed.find()
    if path is None:
        pytest.skip(needed.missing)
    return path
