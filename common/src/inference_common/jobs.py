"""What waits for a model: inputs, each with its caller, and the groups that may run together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .pipeline import Pipeline
from .task import Params
from .turns import Caller

AnyPipeline = Pipeline[Any, Any, Any]


@dataclass(slots=True)
class Timed:
    """An output, and the seconds its input waited and ran."""

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
    """An input, and what its output is waited for by; `group` is set while it waits. `is_long` is one that did not end
    between two steps of another call."""

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
class Taken:
    """What runs next: `is_shared` where other batches run beside it, `foretold` how many of the queue's `seconds` it
    was, and the idle lane that is to begin as well, if any."""

    batch: Sequence[Job]
    is_shared: bool
    foretold: float
    helper: int | None
