"""What a test file depends on, by its imports."""

from __future__ import annotations

from scripts.images import ROOT
from scripts.suite.imports import with_imports


def test_imports_are_followed_through_packages_relative_names_and_functions() -> None:
    found = with_imports([ROOT / "tests" / "hibari" / "test_real_model.py"])
    assert {
        "tests/hibari/test_real_model.py",
        "tests/conftest.py",  # from ..conftest import
        "tests/servers.py",  # from ..servers import
        "scripts/images.py",  # from scripts.images import
        "scripts/envs.py",  # by tests/locked.py
    } <= set(found)
    assert "scripts/bench.py" not in found


def test_names_of_a_package_that_are_modules_are_found() -> None:
    assert "scripts/tiny.py" in with_imports([ROOT / "tests" / "conftest.py"])  # from scripts import tiny


def test_what_runs_the_front_door_depends_on_every_verb() -> None:
    found = with_imports([ROOT / "tests" / "start" / "test_start.py"])
    assert {"scripts/__main__.py", "scripts/start.py", "scripts/bench.py"} <= set(found)
