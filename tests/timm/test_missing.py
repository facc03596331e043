"""A task whose weights are missing is refused, and one that does not read them is served: of networks that the library
loads whatever is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.images import library

from ..sounds import run_script

BOTH = {"image-classification", "image-feature-extraction"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    script = Path(__file__).with_name("missing.py")
    return json.loads(run_script(library("timm"), script, tmp_path_factory.mktemp("missing")).splitlines()[-1])


def test_a_whole_network_answers_both_tasks(found: Any) -> None:
    for reason, tasks in found["nothing"].values():
        assert (reason, set(tasks)) == ("", BOTH)


def test_without_its_classifier_a_network_extracts_features_alone(found: Any) -> None:
    reason, _ = found["classifier"]["image-classification"]
    assert "fc.bias, fc.weight, which image-classification reads" in reason
    assert found["classifier"]["image-feature-extraction"] == ["", ["image-feature-extraction"]]


def test_without_a_part_of_its_body_it_does_nothing(found: Any) -> None:
    for reason, _ in found["body"].values():
        assert "base_layer.0.weight" in reason
