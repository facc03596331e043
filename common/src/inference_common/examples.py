"""A task's example payloads as one pipeline takes them: for warming it up, and for comparing it with another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .codecs import json
from .pipeline import AnyPipeline
from .task import Limits, Params, Payload
from .tasks import TASKS


@dataclass(frozen=True)
class Example:
    """Inputs, before a pipeline preprocesses them, and their parameters."""

    items: Sequence[Any]
    params: Params


def example(
    task: str, payload: Payload, pipeline: AnyPipeline, limits: Limits, defaults: Mapping[str, Any] | None = None
) -> Example:
    """A payload's inputs, no more than one call takes, with raw parameters of the card where it sets none. Raises what
    decoding and checking raise where the model cannot answer it."""
    known = TASKS[task]
    decoded = known.input.decode(payload, pipeline.perceived(limits))
    raw = {**(defaults or {}), **{name: json.of_query(text) for name, text in payload.query.items()}, **decoded.params}
    params = known.params.model_validate(raw).within(limits)
    pipeline.check(params)
    return Example(decoded.items[: pipeline.max_batch_size], params)
