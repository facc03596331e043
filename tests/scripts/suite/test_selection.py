"""Which tests the command of a library's check collects."""

from __future__ import annotations

import subprocess

from scripts.images import ROOT, library
from scripts.suite.checks import library_checks


def collected(name: str, target: str) -> list[str]:
    """The tests that the check of a library on a target runs."""
    known = library(name)
    check = next(check for check in library_checks(known, [target]) if check.group == target)
    command = [part for part in check.command if part != "-rfEs"]
    done = subprocess.run([*command, "--collect-only"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_a_check_has_the_tests_of_its_library_and_its_target() -> None:
    process, docker = collected("timm", "process"), collected("timm", "docker")
    assert not set(process) & set(docker)
    assert any(test.startswith("tests/timm/test_onnx.py::") for test in process)
    assert not any(test.startswith("tests/timm/test_onnx.py::") for test in docker)  # which starts processes only
    for target, tests in (("process", process), ("docker", docker)):
        contract = f"tests/test_contract.py::test_good_payloads_are_answered[{target}-timm-image-classification]"
        assert contract in tests
        assert any(test.startswith("tests/timm/test_real_model.py::") for test in tests)
    assert "tests/test_image.py::test_it_runs_on_a_read_only_root[docker-timm-image-classification]" in docker
    assert not any("test_it_runs_on_a_read_only_root[docker-timm-image-feature-extraction]" in test for test in docker)


def test_a_variant_has_the_contract_and_not_its_library_s_own_tests() -> None:
    tests = collected("sentence-transformers-onnx", "process")
    assert {test.split("/")[1].split("::")[0].removesuffix(".py")[:5] for test in tests} == {"test_"}
    assert any("process-sentence-transformers-onnx-text-ranking" in test for test in tests)


def test_a_case_that_does_not_apply_is_no_skipped_test() -> None:
    tests = collected("timm", "process")
    assert "tests/test_official_calls.py::test_javascript[process-timm-image-classification]" in tests
    assert "tests/test_official_calls.py::test_javascript[process-timm-image-feature-extraction]" not in tests
