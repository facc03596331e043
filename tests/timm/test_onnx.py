"""Networks in their ONNX form give the numbers of the library's own, for every task that shares them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from inference_common.samples import sample

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process, wait_for_optimization
from ..test_contract import assert_close

KNOWN = library("timm")
TASKS = ("image-classification", "image-feature-extraction")
QUERIES: list[dict[str, str]] = [{}, {"pool": "false"}]


def answered(server: Server) -> tuple[str, list[Any]]:
    name, compute_types, answers = server.client.get("/info").json()["model"], set(), []
    for task in server.client.get("/info").json()["tasks"]:
        for query in QUERIES[: 1 + (task == TASKS[1])]:
            for picture in ("image.jpg", "image.png"):
                answer = server.client.post(f"/pipeline/{task}/{name}", content=sample(picture), params=query)
                assert answer.status_code == 200, answer.text
                compute_types.add(answer.headers["x-compute-type"])
                answers.append(answer.json())
    (how,) = compute_types
    return how, answers


@pytest.mark.timeout(600)  # exporting takes a process that imports torch
@pytest.mark.parametrize("task", TASKS)
def test_every_task_answers_as_before_once_the_model_has_changed_over(task: str, tmp_path: Path) -> None:
    server = start_process(KNOWN, task, str(tiny_model(KNOWN, task)), HF_HOME=str(tmp_path), OPTIMIZE="auto")
    try:
        plain, theirs = answered(server)
        wait_for_optimization(server)
        how, ours = answered(server)
    finally:
        server.client.close()
        assert server.stop() == 0
    assert (plain, how) == ("cpu", "cpu+optimized")
    assert_close(ours, theirs)
    assert len(list(tmp_path.rglob("model.onnx"))) == 1
