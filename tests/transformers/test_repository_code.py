"""A model's repository is weights and words: nothing in it is installed or run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from scripts.images import library

from ..conftest import tiny_model
from ..servers import start_process


@pytest.mark.defect(14)
def test_code_of_the_repository_is_not_run(tmp_path: Path) -> None:
    known, task, trace = library("transformers"), "text-classification", tmp_path / "ran"
    folder = tmp_path / "model"
    shutil.copytree(tiny_model(known, task), folder)
    config = json.loads((folder / "config.json").read_text())
    classes = {"AutoConfig": "theirs.Config", "AutoModelForSequenceClassification": "theirs.Network"}
    (folder / "config.json").write_text(json.dumps({**config, "auto_map": classes}))
    code = f"open({str(trace)!r}, 'w')\n"
    for name in ("theirs.py", "handler.py", "pipeline.py", "setup.py", "__init__.py"):
        (folder / name).write_text(code)
    (folder / "requirements.txt").write_text("no-such-package-on-any-index==0.0.1\n")
    server = start_process(known, task, str(folder))
    assert server.client.post("/", json={"inputs": "I like you"}).status_code == 200
    server.client.close()
    assert server.stop() == 0
    assert not trace.exists()
