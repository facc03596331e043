"""Our answers are the library's own, for every task and parameter: a sample in every run, all with `-m whole`.

Another sample each time; COMPARISON_SEED=N, which a failure tells, takes the same again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scripts.cache import cache, digest
from scripts.images import ROOT, Library

from .comparison import cases
from .comparison.asking import again, compare
from .comparison.cases import Case
from .conftest import chosen, tiny_model
from .servers import Server, start_process, wait_for_optimization

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
    home = cache() / "comparison" / digest(file.read_bytes() for file in made_by)
    with serving(known, model, task, HF_HOME=str(home), OPTIMIZE="auto") as server:
        wait_for_optimization(server)
        yield server


def assert_alike(server: Server, some: list[Case]) -> None:
    wrong = compare(server.client, some)
    assert not wrong, again(wrong)


@pytest.mark.compared
@pytest.mark.timeout(300)
def test_a_sample_of_the_answers_is_the_library_s(served: Server) -> None:
    assert_alike(served, cases.sample_of(served.library.hub_name, served.task))


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
