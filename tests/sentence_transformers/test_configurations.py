"""Every configuration that the library has had gives the library's own numbers, whichever way its network is run; what
is not done without the library is left to it, and refused where there is none, with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.images import library

from ..environment import run_in
from .configurations import ASSEMBLED, CONFIGURATIONS

HERE = Path(__file__).parent
KNOWN, SLIM = library("sentence-transformers"), library("sentence-transformers-onnx")
WAYS = {"library": (KNOWN, "library"), "onnx": (KNOWN, "onnx"), "without torch": (SLIM, "onnx")}
"""How each model is answered over: an environment, and the form of the network."""
CLOSE = 1e-3
pytestmark = pytest.mark.timeout(600)  # each environment imports its library once, and answers over all models


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all models, with the library's answers over each."""
    folder = tmp_path_factory.mktemp("models")
    run_in(KNOWN, HERE / "references.py", folder)
    return folder


@pytest.fixture(scope="module")
def answers(models: Path) -> Mapping[str, Mapping[str, Any]]:
    """The pipelines' answers by way and model, or why there are none."""
    return {way: json.loads(run_in(known, HERE / "answering.py", form, models)) for way, (known, form) in WAYS.items()}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*CONFIGURATIONS, *ASSEMBLED])
def test_answers_are_the_library_s_or_left_to_it_with_the_reason(
    models: Path, answers: Mapping[str, Mapping[str, Any]], name: str, way: str
) -> None:
    expected, ours = json.loads((models / name / "answers.json").read_text()), answers[way][name]
    reason = CONFIGURATIONS[name].reason if name in CONFIGURATIONS else "is made of"
    is_refused = name in CONFIGURATIONS and CONFIGURATIONS[name].is_refused
    if reason and way != "library":
        assert reason in ours
    elif is_refused:
        assert isinstance(ours, str)
    else:
        assert ours.keys() == expected.keys(), ours
        for question, numbers in expected.items():
            np.testing.assert_allclose(ours[question], numbers, rtol=CLOSE, atol=CLOSE, err_msg=question)
