"""docs/add-a-task.md, followed: its file, put where it says, is a task."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from scripts.images import ROOT

CHECK = """
from inference_common.errors import InferenceError
from inference_common.openapi import document
from inference_common.task import Limits
from inference_common.tasks import TASKS

task, limits = TASKS["language-detection"], Limits(8, 1000)
for payload in task.good:
    assert task.input.decode(payload, limits).items
for bad in task.bad:
    try:
        task.params.model_validate(dict(task.input.decode(bad.payload, limits).params))
    except (InferenceError, ValueError) as error:
        assert bad.mentions in str(error)
    else:
        raise AssertionError(bad)
assert "/pipeline/language-detection/m" in document("m", [task], None, "1")["paths"]
"""


def test_the_file_it_shows_is_a_task(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "add-a-task.md").read_text(), re.DOTALL)
    shutil.copytree(ROOT / "common" / "src" / "inference_common", tmp_path / "inference_common")
    (tmp_path / "inference_common" / "tasks" / "language.py").write_text(code)
    done = subprocess.run([sys.executable, "-c", CHECK], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
