"""Which languages a translation is between, where a model is told by a prefix, by a token, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process

TEXT = "The dog and the cat are happy today. I love you"


@contextmanager
def served(model: str) -> Iterator[Server]:
    known = library("transformers")
    server = start_process(known, "translation", str(tiny_model(known, model)))
    yield server
    server.client.close()
    assert server.stop() == 0


def ask(server: Server, text: str = TEXT, **parameters: Any) -> httpx.Response:
    return server.client.post("/", json={"inputs": text, "parameters": parameters})


def test_a_t5_translates_what_its_config_names() -> None:
    """What it should say is in recorded/t5_translations.json and t5_into_french.json."""
    with served("t5_translations") as server:
        usual, german, french = ask(server), ask(server, src_lang="en", tgt_lang="de"), ask(server, tgt_lang="fr")
        assert usual.json() == german.json() != french.json()
        assert all("x-warning" not in answer.headers for answer in (usual, german, french))
        for wrong in ({"src_lang": "en"}, {"tgt_lang": "es"}, {"src_lang": "fr", "tgt_lang": "de"}):
            refused = ask(server, **wrong)
            assert refused.status_code == 400
            assert "This model translates en to de, en to fr" in refused.json()["error"]
        refused = ask(server, min_length=9)  # German has 8 at most, French 11
        assert refused.status_code == 400
        assert "max_length (8)" in refused.json()["error"]
        assert ask(server, tgt_lang="fr", min_length=9).status_code == 200


def test_a_marian_of_several_languages_reads_which_before_the_text() -> None:
    with served("marian_of_many") as server:
        texts = [TEXT, *TEXT.split()]
        told = [[ask(server, text, tgt_lang=code).json() for text in texts] for code in ("fra", "deu")]
        written = [[ask(server, f">>{code}<< {text}").json() for text in texts] for code in ("fra", "deu")]
        assert told == written
        assert told[0] != told[1]
        assert ask(server).status_code == 200
        refused = ask(server, tgt_lang="ita")
        assert refused.status_code == 400
        assert refused.json()["error"] == "tgt_lang is 'ita'; known: deu, fra"


def test_a_model_that_is_told_no_languages_says_that_it_ignores_them() -> None:
    with served("marian") as server:
        usual, told = ask(server), ask(server, src_lang="en", tgt_lang="fr")
        assert usual.json() == told.json()
        assert told.headers["x-warning"] == (
            "this model is told no languages, so it translates as it would without src_lang and tgt_lang"
        )
        assert "x-warning" not in usual.headers
