"""Turns off the usage reports of dependencies, by the variable that each of them reads as it is imported.

Importing this module does it, for this process and its children; the package's `__init__` imports it first. A variable
that the operator set stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

OPT_OUT: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",  # what several tools agree on
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, and through it transformers and diffusers
    "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime's official builds: the uploader and the device id
    "PYANNOTE_METRICS_ENABLED": "0",  # pyannote.audio
}

for _name, _value in OPT_OUT.items():
    os.environ.setdefault(_name, _value)
