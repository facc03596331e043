"""What tests use of the system: found, or their tests are skipped with the command that makes them run."""

from __future__ import annotations

import re

import pytest

from scripts import prerequisites

from .users import run_python_as_nobody

PATH = "/usr/local/bin:/usr/sbin:/sbin"  # no browser and no curl


def test_what_is_here_is_not_installed_again(capsys: pytest.CaptureFixture[str]) -> None:
    if any(needed.find() is None for needed in prerequisites.PREREQUISITES):
        pytest.skip("this machine lacks one of them")
    prerequisites.install(["process"])
    assert capsys.readouterr().out == ""


def test_without_a_browser_its_tests_are_skipped_and_the_command_is_named() -> None:
    options = ["-p", "no:cacheprovider", "-q", "-rs"]
    done = run_python_as_nobody(["-m", "pytest", *options, "tests/browser"], {"PATH": PATH})
    assert done.returncode == 0, done.stdout
    assert re.search(r"^\d+ skipped", done.stdout, re.MULTILINE)
    assert "no browser on this machine; install it with: " in done.stdout


def test_a_user_who_may_not_install_is_told_what_is_skipped() -> None:
    done = run_python_as_nobody(["-c", "from scripts import prerequisites; prerequisites.install([])"], {"PATH": PATH})
    assert done.returncode == 0, done.stderr
    assert re.search(r"^no browser on this machine; .*; its tests are skipped$", done.stdout, re.MULTILINE)
    assert re.search(r"^no curl on this machine; .*; its tests are skipped$", done.stdout, re.MULTILINE)
