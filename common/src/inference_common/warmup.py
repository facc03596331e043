"""Warm-up: a pipeline answers its task's first example, so that the first caller does not pay for lazy set-up."""

from __future__ import annotations

import collections

import structlog

from .batcher import Batcher
from .examples import example
from .pipeline import AnyPipeline
from .task import Limits
from .tasks import TASKS

log = structlog.get_logger("inference")


def warm_up(name: str, task: str, pipeline: AnyPipeline, limits: Limits, batcher: Batcher) -> None:
    """Run it in the model's thread, and have the batcher measure it; a failure is only logged."""
    try:
        first = example(task, TASKS[task].good[0], pipeline, limits)
        if pipeline.streams:
            collections.deque(pipeline.stream(first.items[0], first.params), maxlen=0)
        else:
            items = [pipeline.preprocess(item) for item in first.items]
            pipeline.batch(items, first.params)
            batcher.measure(pipeline, items[0], first.params)
    except Exception as error:
        # Some models refuse the plain example (they want a prompt, say) and serve well all the same.
        log.warning("warm-up failed", model=name, error=f"{type(error).__name__}: {error}")
