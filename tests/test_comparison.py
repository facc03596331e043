"""Our answers are the library's own, for every task and parameter: a sample in every run, all with `-m whole`.

Another sample each time; COMPARISON_SEED=N, which a failure tells, takes the same again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import orjson
import pytest

from scripts.cache import cache as cache_folder
from scripts.cache import digest, made
from scripts.images import ROOT, Library

from .comparison import cases
from .comparison.asking import again, compare, library_answers
from .comparison.cases import Case
from .conftest import chosen, tiny_model
from .servers import Server, start_process, wait_for_optimization

Answers = Callable[[Library], Mapping[str, list[Any]]]
OPTIMIZER = "common/src/inference_common/onnx/*.py"
pytestmark = pytest.mark.process_only


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    known = [one for one in chosen(metafunc.config) if one in cases.compared()]
    for name, models in {"other": cases.OTHER_MODELS, "optimized": cases.ONNX}.items():
        if name in metafunc.fixturenames:
            found = [(one, model, task) for one in known for model, task in models.get(one.hub_name, {}).items()]
            metafunc.parametrize(name, found, ids=[f"{one.hub_name}-{model}" for one, model, _ in found])
    if "library_with_onnx" in metafunc.fixturenames:
        found_libraries = [one for one in known if one.hub_name in cases.ONNX]
        metafunc.parametrize("library_with_onnx", found_libraries, ids=[one.hub_name for one in found_libraries])


@contextmanager
def serving(known: Library, model: str, task: str, **settings: str) -> Iterator[Server]:
    """A tiny model, served for as long as the context lasts."""
    server = start_process(known, task, str(tiny_model(known, model)), **settings)
    try:
        yield server
    finally:
        server.client.close()
        assert server.stop() == 0


@contextmanager
def serving_file(known: Library, model: str, task: str) -> Iterator[Server]:
    """The same, once its ONNX file answers; a file is kept from run to run while what makes it is unchanged."""
    made_by = [*sorted(ROOT.glob(OPTIMIZER)), *sorted(known.context.glob("app/pipelines/*.py")), known.lock]
    home = cache_folder() / "comparison" / digest(file.read_bytes() for file in made_by)
    with serving(known, model, task, HF_HOME=str(home), OPTIMIZE="auto") as server:
        wait_for_optimization(server)
        yield server


@pytest.fixture(scope="session")
def of_libraries(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """The libraries' answers to the samples of this session, by task: those of a library in one process of it, since
    importing it takes longer than all of them. Workers share them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @cache
    def answers(known: Library) -> Mapping[str, list[Any]]:
        tasks = sorted({task for library, task in sampled_here(request.session) if library == known})
        with made(shared / f"answers-{known.name}") as missing:
            file = shared / f"answers-{known.name}" / "answers.json"
            if missing:
                some = [case for task in tasks for case in cases.sample_of(known.hub_name, task)]
                found = iter(library_answers(known, some))
                by_task = {task: [next(found) for _ in cases.sample_of(known.hub_name, task)] for task in tasks}
                file.parent.mkdir()
                file.write_bytes(orjson.dumps(by_task))
            by_task = orjson.loads(file.read_bytes())
        return by_task

    return answers


def sampled_here(session: pytest.Session) -> Iterator[tuple[Library, str]]:
    """The libraries and tasks of which this session takes a sample."""
    for item in session.items:
        if isinstance(item, pytest.Function) and item.function is test_a_sample_of_the_answers_is_the_library_s:
            _, known, task = item.callspec.params["served"]
            yield known, task


def assert_alike(server: Server, some: list[Case], answers: list[Any] | None = None) -> None:
    found = library_answers(server.library, some) if answers is None else answers
    wrong = compare(server.client, some, found)
    assert not wrong, again(wrong)


@pytest.mark.compared
@pytest.mark.timeout(300)
def test_a_sample_of_the_answers_is_the_library_s(served: Server, of_libraries: Answers) -> None:
    some = cases.sample_of(served.library.hub_name, served.task)
    assert_alike(served, some, of_libraries(served.library)[served.task])


@pytest.mark.timeout(600)
def test_a_sample_of_the_answers_of_a_file_is_the_library_s(library_with_onnx: Library) -> None:
    name = library_with_onnx.hub_name
    model, task = cases.chosen_model(name, cases.ONNX[name])
    with serving_file(library_with_onnx, model, task) as server:
        assert_alike(server, cases.sample_of(name, task, model))


@pytest.mark.compared
@pytest.mark.whole
@pytest.mark.timeout(900)
def test_every_answer_is_the_library_s(served: Server) -> None:
    assert_alike(served, cases.cases_of(served.library.hub_name, served.task))


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_every_answer_of_other_models_is_the_library_s(other: tuple[Library, str, str]) -> None:
    with serving(*other) as server:
        assert_alike(server, cases.cases_of(other[0].hub_name, other[2], other[1]))


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_every_answer_of_a_file_is_the_library_s(optimized: tuple[Library, str, str]) -> None:
    with serving_file(*optimized) as server:
        assert_alike(server, cases.cases_of(optimized[0].hub_name, optimized[2], optimized[1]))
