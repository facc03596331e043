"""Every configuration around a network gives the library's own answers, by its network and by an ONNX file of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.images import library

from ..environment import run_in
from ..test_contract import assert_close
from .configurations import CONFIGURATIONS

pytestmark = pytest.mark.timeout(600)  # one process of the library makes and answers all


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    """The library's and the pipelines' answers by configuration and way."""
    known, script = library("transformers"), Path(__file__).parent / "answering.py"
    found: Mapping[str, Mapping[str, Any]] = json.loads(run_in(known, script, tmp_path_factory.mktemp("models")))
    return found


@pytest.mark.parametrize("way", ["library", "onnx"])
@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_answers_are_the_library_s(answers: Mapping[str, Mapping[str, Any]], name: str, way: str) -> None:
    ours, expected = answers[name][way], answers[name]["reference"]
    assert isinstance(ours, list), ours
    assert_close(*([_by_label(answer) for answer in answered] for answered in (ours, expected)))


def _by_label(answer: Any) -> dict[str, float]:
    """Nearly equal scores may be in any order."""
    return {one["label"]: one["score"] for one in answer}
