"""Our answers are the library's own, for every task and parameter: a sample in every run, all with `-m whole`.

Another sample each time; COMPARISON_SEED=N, which a failure tells, takes the same again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import chain
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

Asked = Callable[[str, str], list[Case]]
Answers = Callable[[Library, Asked], Mapping[str, list[Any]]]
ASKED: Mapping[str, Asked] = {
    "test_a_sample_of_the_answers_is_the_library_s": cases.sample_of,
    "test_every_answer_is_the_library_s": cases.cases_of,
}
"""The cases that the tests of served tasks ask."""
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
    """The libraries' answers to what a test of this session asks of served tasks, by task: those of a library in one
    process of it, since importing it takes longer than all of them. Workers share them."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    @cache
    def answers(known: Library, asked: Asked) -> Mapping[str, list[Any]]:
        folder = shared / f"{known.name}-{asked.__name__}"
        with made(folder) as missing:
            if missing:
                some = {task: asked(known.hub_name, task) for task in tasks_here(request.session, known, asked)}
                found = iter(library_answers(known, list(chain.from_iterable(some.values()))))
                folder.mkdir()
                by_task = {task: [next(found) for _ in of_task] for task, of_task in some.items()}
                (folder / "answers.json").write_bytes(orjson.dumps(by_task))
            read: Mapping[str, list[Any]] = orjson.loads((folder / "answers.json").read_bytes())
        return read

    return answers


def tasks_here(session: pytest.Session, known: Library, asked: Asked) -> list[str]:
    """The tasks of a library of which this session asks such cases."""
    items = [item for item in session.items if isinstance(item, pytest.Function)]
    served: list[Any] = [item.callspec.params["served"] for item in items if ASKED.get(item.originalname) is asked]
    return sorted({task for _, library, task in served if library == known})


def assert_alike(server: Server, some: list[Case], answers: list[Any] | None = None) -> None:
    wrong = compare(server.client, some, library_answers(server.library, some) if answers is None else answers)
    assert not wrong, again(wrong)


@pytest.mark.compared
@pytest.mark.timeout(300)
def test_a_sample_of_the_answers_is_the_library_s(served: Server, of_libraries: Answers) -> None:
    answers = of_libraries(served.library, cases.sample_of)[served.task]
    assert_alike(served, cases.sample_of(served.library.hub_name, served.task), answers)


@pytest.mark.timeout(600)
def test_a_sample_of_the_answers_of_a_file_is_the_library_s(library_with_onnx: Library) -> None:
    name = library_with_onnx.hub_name
    model, task = cases.chosen_model(name, cases.ONNX[name])
    with serving_file(library_with_onnx, model, task) as server:
        assert_alike(server, cases.sample_of(name, task, model))


@pytest.mark.compared
@pytest.mark.whole
@pytest.mark.timeout(900)
def test_every_answer_is_the_library_s(served: Server, of_libraries: Answers) -> None:
    answers = of_libraries(served.library, cases.cases_of)[served.task]
    assert_alike(served, cases.cases_of(served.library.hub_name, served.task), answers)


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
