"""Each kind of repository is served as the library loads it, or refused with the reason; none by random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.images import library

from ..sounds import run_script

KNOWN = library("sentence-transformers")
SCRIPT = Path(__file__).with_name("kinds.py")
ENCODERS = ("plain", "plain of masks", "static", "roberta", "xlnet")
SCORERS = ("cross-encoder", "old cross-encoder")
REFUSED = {"sparse": "SparseEncoder", "headless cross-encoder": "classifier.bias, classifier.weight"}
TASKS = ("feature-extraction", "text-ranking")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return json.loads(run_script(KNOWN, SCRIPT, tmp_path_factory.mktemp("kinds")).splitlines()[-1])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_gives_the_library_s_embeddings_of_short_and_long_texts(found: Any, kind: str) -> None:
    said = found[kind]["feature-extraction"]
    assert said["reason"] == ""
    assert [status for status, _ in said["answers"]] == [200, 200, 200]
    embeddings = [embedding for _, embedding in said["answers"]]
    np.testing.assert_allclose(embeddings, found["library"][kind]["feature-extraction"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("kind", ENCODERS)
def test_an_encoder_ranks_by_the_similarity_of_embeddings(found: Any, kind: str) -> None:
    said = found[kind]["text-ranking"]
    assert said["reason"] == ""
    ((_, first), *_) = said["answers"]
    assert first == [{"index": 0, "score": pytest.approx(1.0, abs=1e-4)}]  # the query itself


@pytest.mark.parametrize("kind", SCORERS)
def test_a_cross_encoder_gives_the_library_s_scores_and_makes_no_embeddings(found: Any, kind: str) -> None:
    said = found[kind]["text-ranking"]
    assert said["reason"] == ""
    scores = [[one["score"] for one in answer] for _, answer in said["answers"]]
    expected = [[one["score"] for one in answer] for answer in found["library"][kind]["text-ranking"]]
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-4)
    assert "cross-encoder" in found[kind]["feature-extraction"]["reason"]


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("task", TASKS)
def test_no_weights_are_made_at_random(found: Any, kind: str, task: str) -> None:
    expected = REFUSED[kind] if kind == "sparse" or task == "text-ranking" else "cross-encoder"
    assert expected in found[kind][task]["reason"]
