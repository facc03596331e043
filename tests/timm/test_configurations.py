"""Every configuration gives the library's own numbers and the right names, by its own network and by an ONNX file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.images import library

from ..environment import run_in
from .configurations import CONFIGURATIONS

CLOSE = 1e-3
pytestmark = pytest.mark.timeout(600)  # one process of the library makes and answers all


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The library's and the pipelines' answers by configuration and way."""
    known, script = library("timm"), Path(__file__).parent / "answering.py"
    found: Mapping[str, Mapping[str, Any]] = json.loads(run_in(known, script, tmp_path_factory.mktemp("models")))
    return found


@pytest.mark.parametrize("way", ["library", "onnx"])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_answers_are_the_library_s(answers: Mapping[str, Mapping[str, Any]], name: str, way: str) -> None:
    ours, expected = answers[name][way], answers[name]["reference"]
    labels = CONFIGURATIONS[name].labels
    assert isinstance(ours, dict), ours
    for activation in ("softmax", "none"):
        by_name = [{one["label"]: one["score"] for one in answer} for answer in ours[activation]]
        scores = [[answer[label] for label in labels] for answer in by_name]
        np.testing.assert_allclose(scores, expected[activation], rtol=CLOSE, atol=CLOSE)
    for features in ("pooled", "features"):
        np.testing.assert_allclose(ours[features], expected[features], rtol=CLOSE, atol=CLOSE)
