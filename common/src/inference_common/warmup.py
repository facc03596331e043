"""Warm-up: a pipeline answers its task's first example, all the way that a request goes, before it serves.

So the first caller does not pay for lazy set-up, and no model is ready that fails.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from .batcher import Batcher
from .client import Client
from .codecs.json import dumped
from .comparison import holds_float, holds_nan
from .errors import InferenceError, InferenceFailed, LoadFailed
from .examples import example
from .missing_weights import MissingWeights
from .nan_outputs import nan_outputs
from .pipeline import AnyPipeline, Chunk
from .reasons import reason
from .task import Asked, Limits, Params, Payload
from .tasks import TASKS

log = structlog.get_logger("inference")


@dataclass(frozen=True)
class WarmUp:
    """That of one pipeline for one task of the model `name`; `defaults` are the raw parameters that its card sets,
    `missing` what its files lack.

    Of the tasks that share weights the first alone is measured, and streamed to the end; of others one chunk is enough.
    """

    name: str
    task: str
    pipeline: AnyPipeline
    limits: Limits
    defaults: Mapping[str, Any] = field(default_factory=dict)
    missing: MissingWeights = field(default_factory=MissingWeights)
    is_first: bool = True

    def run(self, batcher: Batcher) -> None:
        """Answer the example in the model's thread, and have the batcher measure what a call costs.

        Raises LoadFailed where that fails or depends on missing weights, or the network gives NaN. A model that refuses
        the plain example (it wants a prompt, say) may serve all the same.
        """
        if self.missing.names:
            self._refuse_missing()
        try:
            items, params = self._inputs()
            with nan_outputs(self.missing.modules) as broken:
                outputs = self._outputs(items, params)
            self._encode(outputs, params)
            if self.is_first and not self.pipeline.streams:
                batcher.measure(self.pipeline, items[0], params)
        except Exception as error:
            if _is_refusal(error):
                log.warning("the example was refused", model=self.name, task=self.task, error=str(error))
                return
            raise LoadFailed(f"{self.name} fails at an example of {self.task}: {_reason(error)}") from error
        if broken or holds_nan(list(outputs)):
            raise LoadFailed(
                f"{self.name} answers an example of {self.task} by NaN: its weights are broken, or too large for the"
                " type that they run in; name another model"
            )

    def _refuse_missing(self) -> None:
        """Raise LoadFailed where answers depend on weights that are missing. Numbers show it in one answer; a text or a
        picture may come out the same by chance, so that all examples are answered then."""
        try:
            inputs = [self._seeded(*self._inputs())]
            if not holds_float(list(self._outputs(*inputs[0]))):
                inputs += self._other_inputs()
            are_read = self.missing.are_read(lambda: [self._outputs(items, params) for items, params in inputs])
        except Exception as error:  # not even once: an error that `run` tells better, unless the example is refused
            are_read = _is_refusal(error)
        if are_read:
            raise self.missing.error(self.name, self.task)

    def _other_inputs(self) -> list[tuple[Sequence[Any], Params]]:
        """Those of the task's other examples that the model takes."""
        found = []
        for payload in TASKS[self.task].good[1:]:
            with contextlib.suppress(InferenceError):
                items, params = self._seeded(*self._inputs(payload))
                self._outputs(items, params)
                found.append((items, params))
        return found

    def _seeded(self, items: Sequence[Any], params: Params) -> tuple[Sequence[Any], Params]:
        has_seed = "seed" in type(params).model_fields
        return items, params.model_copy(update={"seed": 0}) if has_seed else params

    def _inputs(self, payload: Payload | None = None) -> tuple[Sequence[Any], Params]:
        """What the server makes of an example, by default the first, before a model's thread has it."""
        chosen = payload or TASKS[self.task].good[0]
        found = example(self.task, chosen, self.pipeline, self.limits, self.defaults)
        items = [self.pipeline.preprocess(item) for item in found.items]
        self.pipeline.memory([self.pipeline.cost(item) for item in items], found.params)
        return items, found.params

    def _outputs(self, items: Sequence[Any], params: Params) -> Sequence[Any]:
        """Whole answers, but of a stream of which the first chunk is enough."""
        if not self.pipeline.streams:
            return self.pipeline.batch(items, params)
        wholes = [self._whole(item, params) for item in items]
        return [whole for whole in wholes if whole is not None]

    def _whole(self, item: Any, params: Params) -> Any:
        events = TASKS[self.task].events
        encode = events(Asked(params, Client(), self.name)) if events else lambda chunk: ()
        chunks: Generator[Chunk, None, None] = self.pipeline.stream(item, params)
        with contextlib.closing(chunks):
            for chunk in chunks:
                for event in encode(chunk):
                    dumped(event)
                if chunk.whole is not None or not self.is_first:
                    return chunk.whole
        raise RuntimeError("the stream ended without its whole answer")

    def _encode(self, outputs: Sequence[Any], params: Params) -> None:
        if outputs:
            TASKS[self.task].output.encode(outputs, Client(), many=len(outputs) > 1)


def _is_refusal(error: Exception) -> bool:
    """Whether it is the caller's to mend."""
    return isinstance(error, InferenceError) and error.status < 500 and not isinstance(error, InferenceFailed)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, InferenceError) else reason(error)
