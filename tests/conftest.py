"""Real servers of every library, on tiny models that the library's own environment writes."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from scripts.envs import cache, python_of
from scripts.images import Library, libraries, library

from .servers import Server, start_container, start_process

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
        cases = [
            (target, known, task) for target in targets(metafunc.config) for known in chosen for task in known.tasks
        ]
        ids = [f"{target}-{known.hub_name}-{task}" for target, known, task in cases]
        metafunc.parametrize("served", cases, ids=ids, indirect=True, scope="session")
    if "imaged" in metafunc.fixturenames:
        found = chosen if "docker" in targets(metafunc.config) else []
        metafunc.parametrize("imaged", found, ids=[known.hub_name for known in found], indirect=True, scope="session")


@pytest.fixture(scope="session")
def imaged(request: pytest.FixtureRequest) -> Library:
    """A library whose image `./manage.py build` made; only where the docker target is asked for."""
    known: Library = request.param
    return known


@pytest.fixture(scope="session")
def served(request: pytest.FixtureRequest) -> Iterator[Server]:
    """Each task of each library on each target, served once a session; its end must be an orderly one."""
    target, known, task = request.param
    server = TARGETS[target](known, task, str(tiny_model(known, task)))
    yield server
    server.client.close()
    assert server.stop() == 0


def tiny_model(known: Library, task: str) -> Path:
    """The tiny model of a task, written once per lock and what writes it."""
    models = known.folder / "models.py"
    made_of = [models, *sorted(known.folder.glob("tiny/*.py")), known.lock]
    key = hashlib.sha256(b"\0".join(file.read_bytes() for file in made_of)).hexdigest()[:12]
    folder = cache() / "tiny" / f"{known.name}-{task}-{key}"
    if not (folder / "README.md").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([python_of(known), models, task, folder], check=True)
    return folder
