"""Labels and scores are those that a model's config says: its problem type, and which of its classes is entailment."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from inference_common.testing.hub import Repo, serve_hub

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process

NAMES = ["ENTAILMENT", "neutral", "CONTRADICTION"]  # entailment is not the last one, which the library falls back to
BY_NUMBER = {str(n): name for n, name in enumerate(NAMES)}
BY_NAME = {name: n for n, name in enumerate(NAMES)}
UNNAMED = {f"LABEL_{n}": n for n in range(3)}
MOODS = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
ZERO_SHOT, TEXT = "zero-shot-classification", "text-classification"
CONFIGS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "both": (ZERO_SHOT, {"id2label": BY_NUMBER, "label2id": BY_NAME}),
    "one": (ZERO_SHOT, {"id2label": BY_NUMBER, "label2id": None}),
    "stale": (ZERO_SHOT, {"id2label": BY_NUMBER, "label2id": UNNAMED}),
    "last": (ZERO_SHOT, {}),
    "unnamed": (ZERO_SHOT, {"id2label": {str(n): name for name, n in UNNAMED.items()}, "label2id": UNNAMED}),
    "moods": (ZERO_SHOT, {"id2label": dict(enumerate(MOODS)), "label2id": {name: n for n, name in enumerate(MOODS)}}),
    "multi": (TEXT, {"problem_type": "multi_label_classification"}),
    "regression": (TEXT, {"problem_type": "regression"}),
}
"""Models: a tiny one of a task, and what its config says instead; None: it says nothing."""
LABELS = {"candidate_labels": ["money", "leisure", "food"]}


def changed(folder: Path, task: str, changes: Mapping[str, object]) -> Path:
    copied = Path(shutil.copytree(tiny_model(library("transformers"), task), folder))
    config = {**json.loads((copied / "config.json").read_text()), **changes}
    (copied / "config.json").write_text(json.dumps({name: told for name, told in config.items() if told is not None}))
    return copied


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A library server that has all of the models."""
    folder = tmp_path_factory.mktemp("labels")
    repos = {f"org/{name}": Repo(changed(folder / name, *config)) for name, config in CONFIGS.items()}
    with serve_hub(repos) as hub:
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "cache"), "HF_HUB_OFFLINE": "0"}
        started = start_process(library("transformers"), "", "", **settings)
        yield started
        started.client.close()
        assert started.stop() == 0


def ask(server: Server, name: str, **body: Any) -> httpx.Response:
    return server.client.post(f"/pipeline/{CONFIGS[name][0]}/org/{name}", json=body)


def by_label(answer: Any) -> Mapping[str, float]:
    return {found["label"]: found["score"] for found in answer}


def zero_shot(server: Server, name: str, **parameters: object) -> Mapping[str, float]:
    answer = ask(server, name, inputs="I saw a film", parameters={**LABELS, **parameters})
    assert answer.status_code == 200, answer.text
    return by_label(answer.json())


@pytest.mark.parametrize("name", ["one", "stale"])
@pytest.mark.parametrize("multi_label", [False, True])
def test_entailment_is_found_by_either_map_of_labels(server: Server, name: str, multi_label: bool) -> None:
    expected = zero_shot(server, "both", multi_label=multi_label)
    assert expected != pytest.approx(zero_shot(server, "last", multi_label=multi_label), abs=1e-5)
    assert zero_shot(server, name, multi_label=multi_label) == pytest.approx(expected, abs=1e-5)


def test_a_model_whose_labels_have_no_names_is_read_as_the_library_does(server: Server) -> None:
    assert zero_shot(server, "unnamed") == pytest.approx(zero_shot(server, "last"), abs=1e-5)


def test_a_model_whose_labels_name_no_entailment_is_refused(server: Server) -> None:
    answer = ask(server, "moods", inputs="I saw a film", parameters=LABELS)
    assert answer.status_code >= 400
    assert "none is entailment" in answer.text


@pytest.mark.parametrize(
    ("name", "activation"), [("multi", lambda raw: 1 / (1 + math.exp(-raw))), ("regression", lambda raw: raw)]
)
def test_scores_are_of_the_problem_that_the_config_names(
    server: Server, name: str, activation: Callable[[float], float]
) -> None:
    scores = by_label(ask(server, name, inputs="I like you").json()[0])
    raw = by_label(ask(server, name, inputs="I like you", raw_scores=True).json()[0])
    assert len(raw) == 3
    assert scores == pytest.approx({label: activation(score) for label, score in raw.items()}, abs=1e-5)
