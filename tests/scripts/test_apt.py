"""Packages of the system, as root on Debian and as a user who may not install them."""

from __future__ import annotations

import platform

import pytest

from scripts import apt

from .users import run_python_as_nobody


def test_packages_that_the_system_has_are_known() -> None:
    if not apt.can_install():
        pytest.skip("not root on Debian or Ubuntu")
    assert apt.available(["coreutils", "no-such-package-of-ours"]) == ["coreutils"]


def test_the_mirrors_of_a_release_are_those_of_the_system() -> None:
    if not apt.has_apt():
        pytest.skip("not Debian or Ubuntu")
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    assert all(address.startswith("http") for address in apt.mirrors(release))
    assert apt.mirrors("no-such-release") == []


def test_a_package_that_does_not_exist_is_an_error_with_its_reason() -> None:
    if not apt.can_install():
        pytest.skip("not root on Debian or Ubuntu")
    with pytest.raises(SystemExit, match=r"E: Unable to locate package(.*\n)*.* exit status 100"):
        apt.install(["no-such-package-of-ours"])


def test_a_user_who_may_not_install_reads_the_command() -> None:
    done = run_python_as_nobody(["-c", "from scripts import apt; apt.install(['a', 'b'])"])
    assert done.stderr == "This user may not install packages; run: sudo apt-get install --yes a b\n"
    assert done.returncode == 1
