"""What is done at once on the event loop, since it takes less time than handing it to a thread would."""

from __future__ import annotations

from typing import Any

import numpy as np

from .pipeline import AnyPipeline
from .task import InputCodec

SMALL_BODY = 4096  # bytes of JSON or text; more takes longer to read than a thread takes to begin (about 0.1 ms)
SHORT_BODY = 512  # bytes, where the model tells the cost too: by its tokenizer, as a rule
FEW_VALUES = 512  # of an answer, numbers or 64 characters of text each; more takes longer to write
_PLAIN = frozenset({float, int, bool, type(None)})  # types of one value each, counted without a call


def is_light_to_read(body: bytes, codec: InputCodec[Any], pipeline: AnyPipeline) -> bool:
    """Whether a body is read in no time: little text or JSON, or even less if the model is to tell its cost, and none
    if its preprocessing waits for another process."""
    is_small = len(body) <= (SHORT_BODY if pipeline.tells_costs else SMALL_BODY)
    return is_small and codec.extra is None and not pipeline.preprocess_waits


def is_light_to_write(outputs: object) -> bool:
    """Whether outputs hold but a few plain values: what else they may hold could take any time."""
    return _left(outputs, FEW_VALUES) >= 0


def _left(value: object, room: int) -> int:
    """How many more values there is room for once these are counted; negative where there is none."""
    if isinstance(value, str):
        return room - 1 - len(value) // 64
    if isinstance(value, dict):
        value = value.values()
    elif isinstance(value, np.ndarray):
        return room - value.size
    elif isinstance(value, int | float | np.number | None):
        return room - 1
    elif not isinstance(value, list | tuple):
        return -1
    for part in value:
        room = room - 1 if type(part) in _PLAIN else _left(part, room)
        if room < 0:
            break
    return room
