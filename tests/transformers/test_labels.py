"""Labels and scores are those that a model's config says: its problem type, and which of its classes is entailment."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process

NAMES = ["ENTAILMENT", "neutral", "CONTRADICTION"]  # entailment is not the last one, which the library falls back to
BY_NUMBER = {str(n): name for n, name in enumerate(NAMES)}
BY_NAME = {name: n for n, name in enumerate(NAMES)}
UNNAMED = {f"LABEL_{n}": n for n in range(3)}
LABELS = {"candidate_labels": ["money", "leisure", "food"]}
ASKED = {"inputs": "I saw a film", "parameters": LABELS}
MULTI = {"inputs": "I saw a film", "parameters": {**LABELS, "multi_label": True}}


@contextmanager
def served(task: str, folder: Path, **changes: object) -> Iterator[Server]:
    """A server of the tiny model of a task whose config has these values instead; None: the config has none."""
    known = library("transformers")
    copied = Path(shutil.copytree(tiny_model(known, task), folder / "model"))
    config = json.loads((copied / "config.json").read_text())
    changed = {name: value for name, value in {**config, **changes}.items() if value is not None}
    (copied / "config.json").write_text(json.dumps(changed))
    server = start_process(known, task, str(copied))
    try:
        yield server
    finally:
        server.client.close()
        assert server.stop() == 0


def answers(folder: Path, **changes: object) -> list[Any]:
    with served("zero-shot-classification", folder, **changes) as server:
        return [server.client.post("/", json=body).json() for body in (ASKED, MULTI)]


def by_label(answer: Any) -> Mapping[str, float]:
    return {found["label"]: found["score"] for found in answer}


def test_entailment_is_found_by_either_map_of_labels(tmp_path: Path) -> None:
    expected = answers(tmp_path / "both", id2label=BY_NUMBER, label2id=BY_NAME)
    for name, label2id in {"none": None, "stale": UNNAMED}.items():
        found = answers(tmp_path / name, id2label=BY_NUMBER, label2id=label2id)
        for one, other in zip(found, expected, strict=True):
            assert by_label(one) == pytest.approx(by_label(other), abs=1e-5)


def test_a_model_whose_labels_name_no_entailment_is_refused(tmp_path: Path) -> None:
    names = {"0": "NEGATIVE", "1": "NEUTRAL", "2": "POSITIVE"}
    label2id = {name: int(n) for n, name in names.items()}
    with (
        pytest.raises(AssertionError, match="none is entailment"),
        served("zero-shot-classification", tmp_path, id2label=names, label2id=label2id),
    ):
        pass


def test_a_model_whose_labels_have_no_names_is_read_as_the_library_does(tmp_path: Path) -> None:
    expected = answers(tmp_path / "named")
    found = answers(tmp_path / "unnamed", id2label={str(n): name for name, n in UNNAMED.items()}, label2id=UNNAMED)
    assert by_label(found[0]) == pytest.approx(by_label(expected[0]), abs=1e-5)


@pytest.mark.parametrize(
    ("problem", "activation"),
    [
        ("multi_label_classification", lambda raw: 1 / (1 + math.exp(-raw))),
        ("regression", lambda raw: raw),
    ],
)
def test_scores_are_of_the_problem_that_the_config_names(tmp_path: Path, problem: str, activation: Any) -> None:
    with served("text-classification", tmp_path, problem_type=problem) as server:
        body = {"inputs": "I like you"}
        scores = by_label(server.client.post("/", json=body).json()[0])
        raw = by_label(server.client.post("/", json={**body, "raw_scores": True}).json()[0])
    assert len(raw) == 3
    assert scores == pytest.approx({label: activation(score) for label, score in raw.items()}, abs=1e-5)
