"""On a GPU weights are in half precision: no pipeline may mix it with inputs in float32."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from scripts.envs import python_of
from scripts.gpu import LIBRARIES
from scripts.images import ROOT, library

from .conftest import tiny_model

PROGRAM = Path(__file__).with_name("half_precision.py")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.config.getoption("--library")
    chosen = [name for name in LIBRARIES if not names or {name, library(name).hub_name} & set(names)]
    metafunc.parametrize("name", chosen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_every_task_is_answered_in_half_precision(name: str, dtype: str) -> None:
    known = library(name)
    models = [f"{task}={tiny_model(known, task)}" for task in known.tasks]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "common" / "src")}
    command: list[str | Path] = [python_of(known), "-P", "-W", "ignore", PROGRAM, dtype, *models]
    done = subprocess.run(command, cwd=known.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == dict.fromkeys(known.tasks)
