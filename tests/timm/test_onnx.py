"""Networks in their ONNX form give the numbers of the library's own, for every task that shares them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inference_common.samples import sample

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process
from ..test_contract import assert_close

KNOWN = library("timm")
TASKS = ("image-classification", "image-feature-extraction")
QUERIES: list[dict[str, str]] = [{}, {"pool": "false"}]


def answered(task: str, home: Path, optimize: str) -> tuple[str, list[Any]]:
    """How it was computed, and the answers of every task that a server has, of two pictures."""
    server = start_process(KNOWN, task, str(tiny_model(KNOWN, task)), HF_HOME=str(home), OPTIMIZE=optimize)
    try:
        return asked(server)
    finally:
        server.client.close()
        assert server.stop() == 0


def asked(server: Server) -> tuple[str, list[Any]]:
    name, told, answers = server.client.get("/info").json()["model"], set(), []
    for task in server.client.get("/info").json()["tasks"]:
        for query in QUERIES[: 1 + (task == TASKS[1])]:
            for picture in ("image.jpg", "image.png"):
                answer = server.client.post(f"/pipeline/{task}/{name}", content=sample(picture), params=query)
                assert answer.status_code == 200, answer.text
                told.add(answer.headers["x-compute-type"])
                answers.append(answer.json())
    (how,) = told
    return how, answers


@pytest.mark.timeout(300)  # making one takes a process that imports torch
@pytest.mark.parametrize("task", TASKS)
def test_a_file_that_is_made_gives_the_answers_of_the_library(task: str, tmp_path: Path) -> None:
    plain, theirs = answered(task, tmp_path, "none")
    how, ours = answered(task, tmp_path, "onnx")
    assert (plain, how) == ("cpu", "cpu+optimized")
    assert_close(ours, theirs)
    assert len(list(tmp_path.rglob("model.onnx"))) == 1
