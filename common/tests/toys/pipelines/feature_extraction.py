"""A text's embedding is its length and its number of words; some words make it misbehave. A file `factor` of the
model multiplies them, so that one sees whose weights answer; a file `loads` says what happens as it loads."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from inference_common.cancel import checkpoint
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.text import Embedding, FeatureExtractionParams

from ..harm import harm

STEP_SECONDS = 0.02
RAISED = {kind.__name__: kind for kind in (SystemExit, KeyboardInterrupt, MemoryError, RecursionError, StopIteration)}


class ToyFeatures(Pipeline[str, FeatureExtractionParams, Embedding]):
    max_batch_size = 4
    cost_unit = "tokens"
    also = ("text-ranking", "sentence-similarity")
    unsafe_formats = os.environ.get("UNSAFE_TOYS") == "feature-extraction"  # as the fork server sees it

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.batches: list[list[str]] = []
        factor = model.path() / "factor"
        self.factor = float(factor.read_text()) if factor.is_file() else 1.0
        slow = model.path() / "load_seconds"
        if slow.is_file():
            time.sleep(float(slow.read_text()))
        loads = model.path() / "loads"
        if loads.is_file():
            harm(loads.read_text())
        if (model.path() / "incomplete").is_file():
            (model.path() / "missing").read_text()
        if (model.path() / "broken").is_file():
            raise OSError("the weights are cut short")

    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        harm(inputs)
        if inputs.startswith("sleep "):
            time.sleep(float(inputs.split()[1]))
        if inputs.startswith("steps "):
            for _ in range(int(inputs.split()[1])):
                checkpoint()
                time.sleep(STEP_SECONDS)
        if inputs in RAISED:
            raise RAISED[inputs]
        if inputs == "fail":
            raise ValueError("this text cannot be embedded")
        if inputs == "nan":
            return np.array([np.nan, np.inf], dtype=np.float32)
        if inputs == "tokens":
            return np.ones((3, 2), dtype=np.float32)
        values = np.array([len(inputs), len(inputs.split())], dtype=np.float32) * np.float32(self.factor)
        return values[: params.dimensions]

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Embedding]:
        self.batches.append(list(inputs))
        if "short" in inputs:
            return []
        return [self(item, params) for item in inputs]

    def check(self, params: FeatureExtractionParams) -> None:
        if params.dimensions is not None and params.dimensions > 2:
            raise InvalidRequest("dimensions is above 2")
        if params.prompt_name is not None:
            raise InvalidRequest("This model has no prompt of that name")

    def cost(self, inputs: str) -> int:
        return len(inputs.split())

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        return None
