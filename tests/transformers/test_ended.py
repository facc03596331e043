"""A call whose callers have left ends at its next step, and others may come between the steps of a long one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from scripts.envs import python_of
from scripts.images import ROOT, library

from ..conftest import tiny_model

TASKS = (
    "automatic-speech-recognition",
    "image-to-text",
    "question-answering",
    "summarization",
    "translation",
    "zero-shot-classification",
    "zero-shot-image-classification",
    "zero-shot-object-detection",
)


def test_calls_that_take_long_ask_between_their_steps() -> None:
    known = library("transformers")
    program = Path(__file__).parent / "ended.py"
    models = [f"{task}={tiny_model(known, task)}" for task in TASKS]
    paths = {"PYTHONPATH": f"{known.folder}{os.pathsep}{ROOT / 'common' / 'src'}", "OMP_NUM_THREADS": "1"}
    command: list[str | Path] = [python_of(known), program, *models]
    ran = subprocess.run(command, env={**os.environ, **paths}, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told.keys() == set(TASKS)
    for task, found in told.items():
        assert found["steps"] > 3, task
        assert found["ended"], task
        assert found["same"], task
        assert found["between"] == 2, task
