"""Texts of any length: what a network has no place for is cut, wherever its positions begin and whatever its config
says of a limit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from inference_common.token_limit import PADDED_POSITIONS

from scripts.images import library

from ..sounds import run_script

KNOWN = library("transformers")
SCRIPT = Path(__file__).with_name("lengths.py")
UNLIMITED = {"deberta-v2", "t5", "xlnet"}
OTHERS = {"evolla", "lxmert", "pp_doclayout_v2"}
"""Folders of the library where the networks that answer our tasks have no positions after padding's."""
NAMES = {"altclip": "altclip_text_model", "bridgetower": "bridgetower_text_model", "clap": "clap_text_model",
         "data2vec": "data2vec-text"}  # fmt: skip


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return json.loads(run_script(KNOWN, SCRIPT, tmp_path_factory.mktemp("lengths")).splitlines()[-1])


@pytest.mark.timeout(300)
def test_a_network_reads_as_many_tokens_as_it_is_said_to_and_no_more(found: Any) -> None:
    wrong = {
        kind: (limit, fits, more_fits)
        for kind, (limit, fits, more_fits) in found["networks"].items()
        if not fits or more_fits != (kind in UNLIMITED) or (limit is None) != (kind in UNLIMITED)
    }
    assert not wrong


def test_every_kind_whose_positions_begin_after_padding_is_known(found: Any) -> None:
    kinds = {NAMES.get(folder, folder.replace("_", "-")) for folder in found["padded"] if folder not in OTHERS}
    assert kinds | {"mluke"} == PADDED_POSITIONS  # a LUKE by its network


@pytest.mark.parametrize("kind", ["roberta", "xlnet"])
def test_short_and_long_texts_are_answered_in_every_task(found: Any, kind: str) -> None:
    for task, (reason, answers, _) in found["served"][kind].items():
        assert reason == "", task
        assert [status for status, _ in answers] == [200, 200], (task, answers)


@pytest.mark.parametrize("kind", ["roberta", "xlnet"])
def test_the_answers_are_the_library_s(found: Any, kind: str) -> None:
    _, answers, theirs = found["served"][kind]["text-classification"]
    for (_, ours), expected in zip(answers, theirs, strict=True):
        (labels,) = ours
        assert {one["label"]: one["score"] for one in labels} == pytest.approx(
            {one["label"]: one["score"] for one in expected}, abs=1e-4
        )
