"""Usage reports are off in every process that imports the package."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from inference_common.telemetry import OPT_OUT

READ = """
import json, os, inference_common
from huggingface_hub import constants
print(json.dumps([constants.HF_HUB_DISABLE_TELEMETRY, dict(os.environ)]))
"""


def imported(**settings: str) -> tuple[bool, dict[str, str]]:
    """What the Hub client makes of the environment, and the environment, once the package is imported."""
    environment = {name: value for name, value in os.environ.items() if name not in OPT_OUT}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **settings}
    done = subprocess.run([sys.executable, "-c", READ], env=environment, check=True, capture_output=True, text=True)
    disabled, variables = json.loads(done.stdout)
    return disabled, variables


def test_it_is_off_before_a_library_is_imported() -> None:
    disabled, variables = imported()
    assert disabled
    assert variables.items() >= OPT_OUT.items()


def test_what_the_operator_set_stays() -> None:
    disabled, variables = imported(HF_HUB_DISABLE_TELEMETRY="0", DO_NOT_TRACK="0", ORT_DISABLE_TELEMETRY="0")
    assert not disabled
    assert variables["ORT_DISABLE_TELEMETRY"] == "0"
    assert variables["PYANNOTE_METRICS_ENABLED"] == "0"
