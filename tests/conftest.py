"""Real servers of every library, on tiny models that the library's own environment writes."""

from __future__ import annotations

import inspect
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from _pytest.compat import NOTSET
from _pytest.mark.structures import ParameterSet
from inference_common.tasks import TASKS
from xdist.remote import Producer

from scripts import tiny
from scripts.images import Library, libraries, library

from .comparison.cases import SEED, compared
from .scheduling import ServerScheduling
from .servers import Server, start_container, start_process

HERE = Path(__file__).parent
MOST_NEW_TOKENS = "128"  # a fuzzer asks for the most there is, time and again; tiny models read 128
# What a careful operator runs a container with; the first task of each image is served so.
READ_ONLY = {"read_only": True, "tmpfs": {"/tmp": ""}, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
TARGETS: Mapping[str, Callable[..., Server]] = {"process": start_process, "docker": start_container}

Case = tuple[str, Library, str]
"""A target, a library and a task of it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--library", action="append", default=[], help="only these libraries")
    parser.addoption("--target", action="append", default=[], choices=list(TARGETS), help="process (default), docker")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the sample of the comparison, unless it is chosen; the workers that this process starts take the same."""
    os.environ.setdefault(SEED, str(secrets.randbelow(10**6)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"{SEED}={os.environ[SEED]}")


def targets(config: pytest.Config) -> list[str]:
    """The values of `--target`; a process by default."""
    return config.getoption("--target") or ["process"]


def chosen(config: pytest.Config) -> list[Library]:
    """The values of `--library`; all libraries by default."""
    return [library(name) for name in config.getoption("--library")] or libraries()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folder of a library's own tests where the library is not chosen."""
    of_library = collection_path.parent == HERE and any(
        known.context.name == collection_path.name for known in libraries()
    )
    return True if of_library and not any(known.name == collection_path.name for known in chosen(config)) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    wanted = [t for t in targets(metafunc.config) if not marks & {f"{other}_only" for other in TARGETS if other != t}]
    folder = metafunc.definition.path.relative_to(HERE).parts[0]
    own = [known for known in chosen(metafunc.config) if known.name == folder]
    if "served" in metafunc.fixturenames:
        of = next((choose for mark, choose in CHOICES.items() if mark in marks), lambda known: known.tasks)
        every = own or chosen(metafunc.config)
        cases = [(target, known, task) for target in wanted for known in every for task in of(known)]
        grouped = [_param(case, case[0], _name(case)) for case in cases]
        metafunc.parametrize("served", grouped, indirect=True, scope="session")
    if "served_real" in metafunc.fixturenames:
        grouped = [_param(target, target, f"{target}-{metafunc.module.__name__}") for target in wanted]
        metafunc.parametrize("served_real", grouped, ids=wanted, indirect=True, scope="module")
    if "imaged" in metafunc.fixturenames:
        found = (own or chosen(metafunc.config)) if "docker" in wanted else []
        grouped = [_param(known, "docker", known.hub_name) for known in found]
        metafunc.parametrize("imaged", grouped, indirect=True, scope="session")


def _param(value: object, target: str, name: str) -> ParameterSet:
    """A parameter of one target, of this name."""
    return pytest.param(value, id=name, marks=pytest.mark.target(target))


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ServerScheduling:
    """One worker runs all tests that share a server."""
    cases = [(target, known, task) for target in targets(config) for known in chosen(config) for task in known.tasks]
    return ServerScheduling(config, log, [*map(_name, cases), *(known.hub_name for known in chosen(config))])


def _name(case: Case) -> str:
    target, known, task = case
    return f"{target}-{known.hub_name}-{task}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what does not apply, so that a skipped test is one that this machine cannot run."""
    split: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        split[_applies(item, targets(config))].append(item)
    config.hook.pytest_deselected(items=split[False])
    items[:] = split[True]


def _applies(item: pytest.Item, wanted: Sequence[str]) -> bool:
    """Whether a test is of a target of this run, and its `applies` marker takes the parameters that it names."""
    params = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    if NOTSET in params.values():  # pytest's mark of an empty list of parameters
        return False
    target = item.get_closest_marker("target")
    if (target.args[0] if target else "process") not in wanted:
        return False
    condition = item.get_closest_marker("applies")
    if condition is None:
        return True
    if "served" in params:
        params["task"] = params.pop("served")[2]
    when = condition.kwargs["when"]
    return bool(when(**{name: params[name] for name in inspect.signature(when).parameters if name in params}))


def one_of_each_kind(known: Library) -> list[str]:
    """A task of each pair of codecs, and of each medium, that the library's tasks have."""
    codecs = {task: (TASKS[task].input, TASKS[task].output) for task in reversed(known.tasks)}
    kinds = {tuple((type(codec), codec.extra) for codec in pair): task for task, pair in codecs.items()}
    return sorted(kinds.values())


CHOICES: Mapping[str, Callable[[Library], list[str]]] = {
    "one_of_each_kind": one_of_each_kind,
    "first_task": lambda known: known.tasks[:1],
    "compared": lambda known: known.tasks if known in compared() else [],
}
"""The tasks that a marked test is run with."""


@pytest.fixture(scope="session")
def imaged(request: pytest.FixtureRequest) -> Library:
    """A library whose image `./manage.py build` made; only with the docker target."""
    known: Library = request.param
    return known


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each task of each library on each target, served once a session; its end must be an orderly one."""
    target, known, task = request.param
    options = {"options": READ_ONLY} if target == "docker" and task == known.tasks[0] else {}
    server = TARGETS[target](known, task, str(tiny_model(known, task)), **options, MAX_NEW_TOKENS=MOST_NEW_TOKENS)
    yield server
    server.client.close()
    assert server.stop() == 0


@pytest.fixture(scope="module")
def served_real(request: pytest.FixtureRequest, real_model: Path) -> Iterator[Server]:
    """A module's `real_model`, served on each target as the `TASK` of the `LIBRARY` that it names."""
    known = library(request.module.LIBRARY)
    server = TARGETS[request.param](known, request.module.TASK, str(real_model))
    yield server
    server.client.close()
    assert server.stop() == 0


def tiny_model(known: Library, task: str) -> Path:
    """The tiny model of a task, written once per lock and what writes it."""
    try:
        return tiny.tiny_model(known, task)
    except RuntimeError as error:
        pytest.fail(str(error), pytrace=False)
