"""What waits for a model: inputs, each with its caller, and the groups that may run together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .pipeline import AnyPipeline
from .task import Params
from .turns import Caller


@dataclass(slots=True)
class Timed:
    """An output, and the seconds that its input waited (`queued`) and ran (`ran`)."""

    output: Any
    queued: float
    ran: float


@dataclass(eq=False)
class Group:
    """What may run together, of one pipeline and equal parameters: how many inputs wait, and the sum of their costs."""

    pipeline: AnyPipeline
    key: tuple[AnyPipeline, object]
    count: int = 0
    cost: int = 0


@dataclass(eq=False)
class Job:
    """One input of a request, and the `future` of its output. `cost` is in the pipeline's unit, `since` is when it came
    (by time.perf_counter); `group` is set while it waits; `is_long`: it did not end between two steps of another call.
    """

    pipeline: AnyPipeline
    inputs: Any
    params: Params
    cost: int
    future: asyncio.Future[Timed]
    caller: Caller = None
    since: float = field(default_factory=time.perf_counter)
    group: Group | None = None
    is_long: bool = False


@dataclass(frozen=True)
class Scheduled:
    """The batch that runs next. `is_shared`: other batches run beside it; `predicted_seconds`: its part of the queue's
    `seconds`; `lane_to_start`: an idle lane that is to begin as well, if any."""

    batch: Sequence[Job]
    is_shared: bool
    predicted_seconds: float
    lane_to_start: int | None
