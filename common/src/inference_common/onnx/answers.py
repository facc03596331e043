"""Whole answers over an ONNX file, compared with those of the library's own network: what is made before and after it,
from the model's configs, decides as much as the network does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ..changeover import shared
from ..comparison import MAX_DIFFERENCE, difference
from ..discover import Pipelines
from ..examples import example
from ..pipeline import AnyPipeline
from ..reasons import reason
from ..settings import Settings
from ..source import ModelSource
from ..task import Params
from ..tasks import TASKS
from .search import Search, searching


def differing_answer(pipeline: str, model: ModelSource, file: Path) -> str:
    """Which answer of a Pipeline (`module:name`), or of one that shares its weights, differs over a file, and by how
    much; empty where none does. Raises what loading it raises."""
    module, _, name = pipeline.partition(":")
    kind: type[AnyPipeline] = getattr(import_module(module), name)
    with searching(Search(file=file)) as search:
        fast = kind.optimized(model, "onnx")
    if fast is None:
        return search.reason or "the pipeline does not take the file"
    before = _sharing(kind, kind(model, "cpu"))
    try:
        after = shared(before, fast)
    except TypeError as error:
        return str(error)
    faults = (
        _fault(task, old, after[task], items, params)
        for task, old in before.items()
        for items, params in _calls(task, old)
    )
    return next(filter(None, faults), "")


def _sharing(kind: type[AnyPipeline], first: AnyPipeline) -> Mapping[str, AnyPipeline]:
    """The pipelines over the weights of `first`, by task, its own first."""
    package, _, module = kind.__module__.rpartition(".")
    own = module.replace("_", "-")
    library = Pipelines(package, (own, *kind.also))
    found = {task: library.load(task).adopt(first) for task in kind.also if task != own}
    return {own: first, **{task: pipeline for task, pipeline in found.items() if pipeline is not None}}


def _calls(task: str, pipeline: AnyPipeline) -> Iterator[tuple[Sequence[Any], Params]]:
    """What the pipeline is asked: its task's examples, those that it can answer, and what it compares besides."""
    limits = Settings().limits
    for payload in TASKS[task].good:
        try:
            known = example(task, payload, pipeline, limits)
        except Exception:  # as of one that wants a prompt in it
            continue
        yield known.items, known.params
    yield from pipeline.comparisons()


def _fault(task: str, old: AnyPipeline, new: AnyPipeline, items: Sequence[Any], params: Params) -> str:
    """How the answer differs; empty where it does not, or the old one has none."""
    try:
        expected = old.batch([old.preprocess(item) for item in items], params)
    except Exception:
        return ""
    try:
        new.check(params)
        answers = new.batch([new.preprocess(item) for item in items], params)
    except Exception as error:
        return f"{task} fails over the file: {reason(error)}"
    apart = difference(list(expected), list(answers))
    return f"an answer of {task} is off by {apart:.1e}" if apart > MAX_DIFFERENCE else ""
