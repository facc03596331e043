"""Every check of the test suite, derived from the folders: its commands, and the inputs that decide its result."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..choice import DEMO_LIBRARY
from ..images import ROOT, Library
from .imports import with_imports
from .inputs import Inputs

Group = Literal["shared", "types", "process", "docker"]
Command = tuple[str, ...]

PYTHON = (sys.executable, "-m")
TOOLS = ("pyproject.toml", "tests/requirements.txt")
DECIDERS = ("manage.py", "scripts/suite/checks.py", "scripts/suite/execute.py", *TOOLS)
"""Files that decide which tests run and what counts as a pass: inputs of every library's checks."""
EVERYTHING = Inputs(("*",), prose=True, installs=True)
START_LIBRARIES = (DEMO_LIBRARY, "transformers")
"""The libraries that tests/start and tests/browser serve."""
WITHOUT_PLUGINS = ("-p", "no:schemathesis", "-p", "no:hypothesispytest")
"""Plugins that the libraries' tests do not use, and that take half of the time in which pytest starts."""
ATTACK_WORKERS = ("--numprocesses", "3", "--dist", "loadgroup")
"""Attacks on servers wait for their time limits: three at a time take half as long, and little CPU."""
PARALLEL_TASKS = 4
"""From how many tasks on a library's tests have two workers: another one costs seconds of CPU to start."""


@dataclass(frozen=True)
class Check:
    """One check: `prepare` are the commands that run before it, `command` is the one that passes or fails."""

    name: str
    group: Group
    command: Command
    inputs: Inputs
    prepare: Sequence[Command] = ()
    library: Library | None = None


def shared_checks() -> Iterator[Check]:
    """Lint, type checks and tests that belong to no single library."""
    lint = Inputs(("*.py", *TOOLS))
    own_types = Inputs(("common/src/*", "scripts/*", "tests/*", *TOOLS))
    yield Check("ruff check", "shared", (*PYTHON, "ruff", "check", "."), lint)
    yield Check("ruff format", "shared", (*PYTHON, "ruff", "format", "--check", "."), lint)
    mypy = (*PYTHON, "mypy")
    yield Check("mypy common", "shared", (*mypy, "common/src"), Inputs(("common/src/*", *TOOLS)))
    yield Check("mypy scripts, tests", "shared", (*mypy, "-p", "scripts", "-p", "tests"), own_types)
    coverage = ("--cov=inference_common", "--cov-report=term")
    common = _pytest("common/tests", *coverage, *ATTACK_WORKERS)
    yield Check("common", "shared", common, Inputs(("common/*", *DECIDERS)))
    yield Check("repository", "shared", _pytest("tests/repository", "tests/scripts"), EVERYTHING)


def start_checks(targets: Sequence[str]) -> Iterator[Check]:
    """Tests of the first commands, the README's example and the page, on two of the libraries."""
    environments = _module("environment", *START_LIBRARIES)
    if "process" in targets:
        yield Check("start", "shared", _pytest("tests/start", "tests/browser"), EVERYTHING, [environments])
    if "docker" in targets:
        folders = ("tests/start", "tests/scripts", "tests/repository")
        command = _pytest(*folders, "--target", "docker", "--library", DEMO_LIBRARY)
        prepare = [environments, _build(DEMO_LIBRARY)]
        yield Check("start docker", "shared", command, EVERYTHING, prepare)


def library_checks(known: Library, targets: Sequence[str]) -> Iterator[Check]:
    """A library's types, and its tests on each target."""
    if known.folder == known.context:  # a variant has not all packages that its library's app is typed by
        app = Inputs(
            ("common/src/*", "common/*.txt", *TOOLS),
            _own(known, "app/*", "Dockerfile", "requirements.txt", "torch.txt"),
            installs=True,
        )
        yield Check(f"{known.hub_name} types", "types", _module("type_check", known.name), app, library=known)
    environment = _module("environment", known.name)
    if "process" in targets:
        inputs = _test_inputs(known, without=("common/Dockerfile", "common/install"))
        command = _library_tests(known, "process")
        yield Check(f"{known.hub_name} process", "process", command, inputs, [environment], known)
    if "docker" in targets:
        inputs = _test_inputs(known, "scripts/build.py")
        prepare = [environment, _build(known.name)]
        command = _library_tests(known, "docker")
        yield Check(f"{known.hub_name} docker", "docker", command, inputs, prepare, known)


def _own(known: Library, *names: str) -> tuple[str, ...]:
    """Patterns of paths in the folder of a library's image, which its variants share."""
    return tuple(f"{known.context.relative_to(ROOT).as_posix()}/{name}" for name in names)


def _test_paths(known: Library) -> list[str]:
    """The paths of a library's tests: the contract, and the tests of its own."""
    contract = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.glob("tests/test_*.py"))]
    own = f"tests/{known.name}"
    return [*contract, *([own] if (ROOT / own).is_dir() else [])]


def _test_inputs(known: Library, *programs: str, without: tuple[str, ...] = ()) -> Inputs:
    """The inputs of a library's tests; `programs` are scripts that its check runs beside them."""
    files = [ROOT / "tests" / "conftest.py", *(ROOT / program for program in programs)]
    for path in _test_paths(known):
        files += [ROOT / path] if path.endswith(".py") else (ROOT / path).rglob("*.py")
    shared = ("common/*", "tests/clients/*", "tests/comparison/*", *DECIDERS, *with_imports(files))
    own = (*_own(known, "*"), f"tests/{known.name}/*")
    return Inputs(shared, own, ("common/tests/*", *without), installs=True)


def _library_tests(known: Library, target: str) -> Command:
    workers = ("--numprocesses", "2", "--dist", "loadgroup") if len(known.tasks) >= PARALLEL_TASKS else ()
    return _pytest(*_test_paths(known), "--library", known.name, "--target", target, *WITHOUT_PLUGINS, *workers)


def _pytest(*arguments: str) -> Command:
    return (*PYTHON, "pytest", "-q", "-rfEs", *arguments)


def _module(name: str, *arguments: str) -> Command:
    return (*PYTHON, f"scripts.suite.{name}", *arguments)


def _build(library: str) -> Command:
    return (*PYTHON, "scripts", "build", library)
