"""On a real model, the official clients, old and new, get the numbers that sentence-transformers itself gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.choice import packaged_demo
from scripts.envs import python_of
from scripts.images import library

from ..conftest import TARGETS, targets
from ..official import CLIENTS, HUB_RELEASES, ask, call_javascript, call_python

TEXTS = ["That is a happy person", "That is a happy dog", "œuvre 日本", "Today is a sunny day " * 30]
SIMILARITY = ("sentence_similarity", {"sentence": TEXTS[0], "other_sentences": TEXTS[1:]})
EXTRACTION: list[tuple[str, dict[str, Any]]] = [("feature_extraction", {"text": text}) for text in TEXTS]
CLOSE = 1e-5


@pytest.fixture(scope="module")
def model() -> Path:
    """The demo model's folder."""
    return Path(packaged_demo(library("sentence_transformers")))


@pytest.fixture(scope="module")
def direct(model: Path) -> dict[str, Any]:
    """What the library says without a server."""
    python = python_of(library("sentence_transformers"))
    said: dict[str, Any] = ask([str(python), str(CLIENTS / "direct.py")], {"folder": str(model), "texts": TEXTS})
    return said


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "url" in metafunc.fixturenames:
        tasks = ("feature-extraction", "sentence-similarity")
        cases = [
            pytest.param((target, task), id=f"{target}-{task}", marks=pytest.mark.target(target))
            for target in targets(metafunc.config)
            for task in tasks
        ]
        metafunc.parametrize("url", cases, indirect=True, scope="module")


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest, model: Path) -> Iterator[tuple[str, str]]:
    """The task and the address of a server of the demo, a process or a container."""
    target, task = request.param
    known = library("sentence_transformers")
    server = TARGETS[target](known, task, str(model))
    yield task, str(server.client.base_url)
    server.client.close()
    assert server.stop() == 0


@pytest.mark.parametrize("release", HUB_RELEASES)
def test_python_clients(url: tuple[str, str], release: str, direct: dict[str, Any]) -> None:
    task, address = url
    calls = EXTRACTION if task == "feature-extraction" else [SIMILARITY]
    _same(task, call_python(release, address, calls), direct)


@pytest.mark.parametrize("release", [one for one in HUB_RELEASES if one != "0.23"])  # which has no such methods
def test_python_clients_are_told_that_it_is_well_and_what_it_serves(
    url: tuple[str, str], release: str, model: Path
) -> None:
    task, address = url
    calls: list[tuple[str, dict[str, Any]]] = [("health_check", {}), ("get_endpoint_info", {})]
    well, info = call_python(release, address, calls, provider="hf-inference")  # the only one that they ask this
    assert well is True
    assert task in info["tasks"]
    assert info["model"].endswith(model.name)


def test_javascript_client(url: tuple[str, str], direct: dict[str, Any]) -> None:
    task, address = url
    calls: list[tuple[str, dict[str, Any]]] = [
        ("sentenceSimilarity", {"inputs": {"source_sentence": TEXTS[0], "sentences": TEXTS[1:]}})
    ]
    if task == "feature-extraction":
        calls = [("featureExtraction", {"inputs": text}) for text in TEXTS]
    _same(task, call_javascript(address, calls), direct)


def _same(task: str, answers: Sequence[Any], direct: dict[str, Any]) -> None:
    if task == "feature-extraction":
        rows = [np.ravel(answer) for answer in answers]
        np.testing.assert_allclose(rows, direct["embeddings"], rtol=0, atol=CLOSE)
    else:
        np.testing.assert_allclose(answers[0], direct["similarities"], rtol=0, atol=CLOSE)
