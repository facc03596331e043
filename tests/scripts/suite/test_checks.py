"""Which checks a change of a file runs again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts.images import ROOT, libraries
from scripts.suite.checks import Check, library_checks, shared_checks, start_checks
from scripts.suite.inputs import Tree

TARGETS = ("process", "docker")
ALWAYS = {"repository", "start", "start docker"}  # they read or run what any file holds
LINT = {"ruff check", "ruff format"}
PROCESS = {f"{known.hub_name} process" for known in libraries()}
DOCKER = {f"{known.hub_name} docker" for known in libraries()}
TYPES = {f"{known.hub_name} types" for known in libraries() if known.folder == known.context}
SLIM = {f"sentence-transformers{variant} {target}" for variant in ("", "-onnx") for target in TARGETS}


def every_check() -> Iterator[Check]:
    yield from shared_checks()
    yield from start_checks(TARGETS)
    for known in libraries():
        yield from library_checks(known, TARGETS)


@pytest.fixture(scope="module")
def checks() -> list[Check]:
    return list(every_check())


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree.read(ROOT)


def with_change(tree: Tree, name: str) -> Tree:
    """The tree after a change of one file."""
    return Tree({**tree.files, name: "changed"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("README.md", ALWAYS),
        ("docker_images/timm/notes.md", ALWAYS),
        ("docker_images/hibari/app/main.py", {*ALWAYS, *LINT, "hibari types", "hibari process", "hibari docker"}),
        ("docker_images/hibari/requirements.txt", {*ALWAYS, "hibari types", "hibari process", "hibari docker"}),
        ("docker_images/hibari/Dockerfile", {*ALWAYS, "hibari types", "hibari process", "hibari docker"}),
        ("docker_images/sentence_transformers/onnx/requirements.txt", {*ALWAYS, *SLIM}),
        (
            "tests/hibari/test_real_model.py",
            {*ALWAYS, *LINT, "mypy scripts, tests", "hibari process", "hibari docker"},
        ),
        (
            "common/src/inference_common/app.py",
            {*ALWAYS, *LINT, "mypy common", "mypy scripts, tests", "common", *TYPES, *PROCESS, *DOCKER},
        ),
        ("common/tests/test_app.py", {*ALWAYS, *LINT, "common"}),
        ("common/Dockerfile", {*ALWAYS, "common", *DOCKER}),
        ("tests/test_contract.py", {*ALWAYS, *LINT, "mypy scripts, tests", *PROCESS, *DOCKER}),
        ("tests/comparison/differences.toml", {*ALWAYS, "mypy scripts, tests", *PROCESS, *DOCKER}),
        ("tests/repository/test_repo.py", {*ALWAYS, *LINT, "mypy scripts, tests"}),
        ("scripts/build.py", {*ALWAYS, *LINT, "mypy scripts, tests", *DOCKER, "sentence-transformers process"}),
        ("scripts/bench.py", {*ALWAYS, *LINT, "mypy scripts, tests"} | (SLIM - {s for s in SLIM if "-onnx" in s})),
    ],
)
def test_a_change_runs_what_it_can_break(checks: list[Check], tree: Tree, name: str, expected: set[str]) -> None:
    changed = with_change(tree, name)
    assert {check.name for check in checks if changed.digest(check.inputs) != tree.digest(check.inputs)} == expected


def test_only_a_library_s_own_files_make_its_containers_a_must(checks: list[Check], tree: Tree) -> None:
    for name, expected in (
        ("docker_images/hibari/app/main.py", {"hibari"}),
        ("tests/hibari/test_real_model.py", {"hibari"}),
        ("common/src/inference_common/app.py", set[str]()),
        ("tests/test_contract.py", set[str]()),
    ):
        changed = with_change(tree, name)
        found = {
            check.library.hub_name
            for check in checks
            if check.library and changed.own_digest(check.inputs) != tree.own_digest(check.inputs)
        }
        assert found <= expected
        assert not expected or expected <= found


def test_every_test_file_belongs_to_a_check(checks: list[Check]) -> None:
    paths = {part for check in checks for part in check.command if part.startswith(("tests/", "common/tests"))}
    for folder in ("tests", "common/tests"):
        for file in ROOT.glob(f"{folder}/**/test_*.py"):
            name = file.relative_to(ROOT).as_posix()
            assert any(name == path or name.startswith(f"{path}/") for path in paths), name
