"""A server of any model refuses one whose recipe runs code, unless its operator trusts it."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from inference_common.testing.hub import Repo, serve_hub

from scripts.images import library

from ..conftest import tiny_model
from ..servers import start_process

KNOWN, TASK = library("speechbrain"), "text2text-generation"


def asked(folder: Path, **settings: str) -> tuple[httpx.Response, list[str]]:
    """The answer of a server that has no model yet, and the files that were asked of the Hub for it."""
    with serve_hub({"org/tiny": Repo(tiny_model(KNOWN, TASK))}) as hub:
        server = start_process(KNOWN, "", "", HF_HOME=str(folder), HF_ENDPOINT=hub.url, **settings)
        answer = server.client.post("/models/org/tiny", json={"inputs": "a happy dog"})
        told = list(hub.requests)
        again = server.client.post("/models/org/tiny", json={"inputs": "a happy dog"})
        assert (again.status_code, hub.requests) == (answer.status_code, told)  # nothing is fetched to answer
        server.client.close()
        assert server.stop() == 0
    return answer, told


def test_a_library_server_refuses_what_runs_code(tmp_path: Path) -> None:
    answer, _ = asked(tmp_path)
    assert answer.status_code == 403
    assert "TRUSTED_MODELS" in answer.json()["error"]


@pytest.mark.parametrize("trusted", ["org/tiny", "org/*"])
def test_what_the_operator_trusts_is_served(tmp_path: Path, trusted: str) -> None:
    answer, told = asked(tmp_path, TRUSTED_MODELS=trusted)
    assert answer.status_code == 200, answer.text
    assert answer.json()[0]["generated_text"]
    assert not [line for line in told if "speechbrain" in line]  # by the id that is in the recipe
