"""What the tasks that write a text of a text share: an encoder reads it, a decoder writes.

Prefixes, lengths and whatever else a model says of a task are those of its `task_specific_params`, beams and the like
those of the pipelines of release 4.57, where neither the caller nor the model says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.task import Out
from inference_common.tasks.seq2seq import Seq2SeqParams
from inference_common.token_limit import config_values, token_limit
from inference_common.warning_headers import cut_warnings, warnings_of_inputs
from transformers import AutoModelForSeq2SeqLM

from ._generate import Writer
from ._shared import TextPipeline

S = TypeVar("S", bound=Seq2SeqParams)
BEAMS = 4


@dataclass(frozen=True)
class Told:
    """What a model says of a task: what it reads before a text, and how it writes."""

    prefix: str
    writer: Writer


class Seq2SeqPipeline(TextPipeline[str, S, Out], Generic[S, Out]):
    """A pipeline of one of these tasks."""

    auto = AutoModelForSeq2SeqLM
    max_batch_size = 8
    max_batch_cost = 8_192
    task: ClassVar[str]
    """Its name among `task_specific_params`."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        config = self.network.config
        writer = Writer(self.network, self.tokenizer.pad_token_id, usual={"num_beams": BEAMS})
        specific: Mapping[str, Mapping[str, Any]] = getattr(config, "task_specific_params", None) or {}
        prefix = getattr(config, "prefix", None) or ""

        def told(own: Mapping[str, Any]) -> Told:
            further = {name: value for name, value in own.items() if name != "prefix"}
            return Told(str(own.get("prefix", prefix) or ""), writer.of_task(further))

        self.specific = {name: told(own) for name, own in specific.items()}
        self.usual = self.specific.get(self.usual_task(self.specific), told({}))
        is_bounded = token_limit(config_values(config)) is not None  # T5's positions are relative: it reads any length
        self.most = self.longest if is_bounded else None

    def usual_task(self, names: Iterable[str]) -> str:
        """The one of the tasks that a model names which this is, where the caller does not say more."""
        return self.task

    def told(self, params: S) -> Told:
        """What the model says of the task that a caller asks for."""
        return self.usual

    def check(self, params: S) -> None:
        self.told(params).writer.refuse_impossible(params.asked)

    def cost(self, inputs: str) -> int:
        return self.length(self.usual.prefix + inputs)

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: S) -> Sequence[str]:
        cut = warnings_of_inputs([cut_warnings(cost, self.longest) if params.truncates else () for cost in costs])
        return [*self.told(params).writer.warnings(params.asked), *cut]

    def memory(self, costs: Sequence[int], params: S) -> int:
        rows, tokens = min(len(costs), self.max_batch_size), max(costs)
        if params.truncates:
            tokens = min(tokens, self.longest)
        writer = self.told(params).writer
        beams, written = writer.beams(params.asked), writer.most_written(params.asked)
        network = self.network_memory
        return network.reading(rows, tokens) + network.writing(rows * beams, tokens, written)

    @torch.inference_mode()
    def write(self, texts: Sequence[str], params: S, **options: object) -> list[str]:
        """What is written of texts after the task's prefix; `options` of generation stand where the caller has none.

        Raises InvalidRequest for a text that the model cannot read.
        """
        told = self.told(params)
        asked = [told.prefix + text for text in texts]
        encoded = self.tokenizer(
            asked,
            padding=True,
            truncation="longest_first" if params.truncates else False,
            max_length=self.longest if params.truncates else None,
            return_tensors="pt",
        )
        longest = encoded["input_ids"].shape[1]
        if self.most is not None and longest > self.most:
            raise InvalidRequest(
                f"A text has {longest:,} tokens, and this model reads {self.most:,}; shorten it, or let it be cut off"
                " by the parameter truncation: only_first"
            )
        features = {name: encoded[name].to(self.device) for name in ("input_ids", "attention_mask")}
        tokens = told.writer.generate(features, {**options, **params.asked})
        return self.tokenizer.batch_decode(
            tokens,
            skip_special_tokens=True,
            clean_up_tokenization_spaces=bool(params.clean_up_tokenization_spaces),
        )
