"""The limits that a server decodes with for a pipeline."""

from __future__ import annotations

from typing import Any

from inference_common.settings import Settings
from inference_common.task import Limits


def limits_of(pipeline: Any) -> Limits:
    """A server's own limits, and what the pipeline itself says of its inputs, such as its sampling rate."""
    limits: Limits = pipeline.perceived(Settings().limits)
    return limits
