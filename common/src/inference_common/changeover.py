"""The change-over of a ready model from its library's own network to the ONNX form, while it answers requests."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

from .comparison import MAX_DIFFERENCE, difference
from .examples import example
from .pipeline import AnyPipeline
from .task import Payload
from .tasks import TASKS
from .worker import ModelThread

if TYPE_CHECKING:
    from .model import Model

log = structlog.get_logger("inference")


async def change_over(model: Model) -> None:
    """Export, verify, compare, swap. A failure leaves the model as it is, and the reason in its `optimization`."""
    worker = ModelThread()  # what takes long runs beside the model's thread
    started = time.monotonic()
    try:
        kind = type(model.pipelines[model.task])
        optimized = await worker.run(lambda: model.optimization.export(kind))
        if optimized is None:
            return
        pipelines = shared(model.pipelines, optimized)
        reason = await _why_not(model, pipelines, worker)
        if reason is not None:
            model.optimization.refuse(reason)
            return
        await model.swap(pipelines)
        model.optimization.take("onnx")
        log.info("changed over to ONNX", model=model.source.name, seconds=round(time.monotonic() - started, 1))
    except Exception as error:
        model.optimization.fail(error)
    finally:
        worker.stop()


def shared(before: Mapping[str, AnyPipeline], first: AnyPipeline) -> Mapping[str, AnyPipeline]:
    """The same tasks over the weights of `first`, which answers the first of them. Raises TypeError where one of them
    cannot."""
    pipelines = {next(iter(before)): first}
    for task, pipeline in list(before.items())[1:]:
        adopted = type(pipeline).adopt(first)
        if adopted is None:
            raise TypeError(f"the ONNX form does not answer {task}")
        pipelines[task] = adopted
    return pipelines


async def _why_not(model: Model, pipelines: Mapping[str, AnyPipeline], worker: ModelThread) -> str | None:
    """Why these may not answer in place of the model's own: their answer to one of a task's examples differs."""
    for task, pipeline in pipelines.items():
        for payload in TASKS[task].good:
            apart = await _difference(model, task, payload, pipeline, worker)
            if apart > MAX_DIFFERENCE:
                return f"an answer of {task} is off by {apart:.1e}"
    return None


async def _difference(model: Model, task: str, payload: Payload, new: AnyPipeline, worker: ModelThread) -> float:
    """Of the two answers to an example; 0 where the model does not answer it, as some want a prompt in it."""
    old = model.pipelines[task]
    try:
        known = await worker.run(lambda: example(task, payload, old, model.limits))
        items = await worker.run(lambda: [old.preprocess(item) for item in known.items])
        before = await model.run(lambda: old.batch(items, known.params))
    except Exception:
        return 0.0
    prepared = await worker.run(lambda: [new.preprocess(item) for item in known.items])
    after = await worker.run(lambda: [new.batch(inputs, known.params) for inputs in (prepared, items)])
    # Also of inputs that the old one preprocessed: such may wait as the other takes over.
    return max(difference(list(before), list(answers)) for answers in after)
