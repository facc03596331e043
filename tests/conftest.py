"""Real servers of every library, on tiny models that the library's own environment writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet
from inference_common.tasks import TASKS

from scripts import tiny
from scripts.images import Library, libraries, library

from .servers import Server, start_container, start_process

MOST_NEW_TOKENS = "128"  # a fuzzer asks for the most there is, time and again; tiny models read 128
TARGETS: Mapping[str, Callable[..., Server]] = {"process": start_process, "docker": start_container}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--library", action="append", default=[], help="only these libraries")
    parser.addoption("--target", action="append", default=[], choices=list(TARGETS), help="process (default), docker")


def targets(config: pytest.Config) -> list[str]:
    """The targets asked for."""
    return config.getoption("--target") or ["process"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.config.getoption("--library")
    chosen = [library(name) for name in names] or libraries()
    if "served" in metafunc.fixturenames:
        marks = {mark.name for mark in metafunc.definition.iter_markers()}
        wanted = [t for t in targets(metafunc.config) if t == "process" or "process_only" not in marks]
        of = one_of_each_kind if "one_of_each_kind" in marks else lambda known: known.tasks
        cases = [(target, known, task) for target in wanted for known in chosen for task in of(known)]
        grouped = [_grouped(case, f"{case[0]}-{case[1].hub_name}-{case[2]}") for case in cases]
        metafunc.parametrize("served", grouped, indirect=True, scope="session")
    if "served_real" in metafunc.fixturenames:
        wanted = targets(metafunc.config) if not names or metafunc.module.LIBRARY in names else []
        metafunc.parametrize("served_real", wanted, indirect=True, scope="module")
    if "imaged" in metafunc.fixturenames:
        found = chosen if "docker" in targets(metafunc.config) else []
        grouped = [_grouped(known, known.hub_name) for known in found]
        metafunc.parametrize("imaged", grouped, indirect=True, scope="session")


def _grouped(value: object, name: str) -> ParameterSet:
    """A parameter whose tests one worker runs, one after the other: they share what is started for them."""
    return pytest.param(value, id=name, marks=pytest.mark.xdist_group(name))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What has no group of its own stays with its file, whose fixtures it shares."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def one_of_each_kind(known: Library) -> list[str]:
    """A task of each pair of codecs, and of each medium, that the library's tasks have."""
    codecs = {task: (TASKS[task].input, TASKS[task].output) for task in reversed(known.tasks)}
    kinds = {tuple((type(codec), codec.extra) for codec in pair): task for task, pair in codecs.items()}
    return sorted(kinds.values())


@pytest.fixture(scope="session")
def imaged(request: pytest.FixtureRequest) -> Library:
    """A library whose image `./manage.py build` made; only where the docker target is asked for."""
    known: Library = request.param
    return known


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each task of each library on each target, served once a session; its end must be an orderly one."""
    target, known, task = request.param
    server = TARGETS[target](known, task, str(tiny_model(known, task)), MAX_NEW_TOKENS=MOST_NEW_TOKENS)
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
