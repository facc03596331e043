"""What the tasks that write a text of a text share: an encoder reads it, a decoder writes.

Prefixes and lengths are those of the model's `task_specific_params`, beams and the like those of the pipelines of
release 4.57, where neither the caller nor the model says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.task import Out
from inference_common.tasks.seq2seq import Seq2SeqParams
from inference_common.token_limit import config_values, token_limit
from transformers import AutoModelForSeq2SeqLM

from ._generate import LENGTHS, Writer
from ._shared import TextPipeline

S = TypeVar("S", bound=Seq2SeqParams)
BEAMS = 4


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
        self.specific: Mapping[str, Mapping[str, Any]] = getattr(config, "task_specific_params", None) or {}
        own = dict(self.specific.get(self.task, {}))
        self.prefix = str(own.pop("prefix", None) or getattr(config, "prefix", None) or "")
        self.writer = Writer(self.network, self.tokenizer.pad_token_id, own, {"num_beams": BEAMS})
        is_bounded = token_limit(config_values(config)) is not None  # T5's positions are relative: it reads any length
        self.most = self.longest if is_bounded else None

    def check(self, params: S) -> None:
        self.writer.refuse_impossible(params.asked)

    def cost(self, inputs: str) -> int:
        return self.length(self.prefix + inputs)

    def memory(self, costs: Sequence[int], params: S) -> int:
        rows, tokens = min(len(costs), self.max_batch_size), max(costs)
        if params.truncates:
            tokens = min(tokens, self.longest)
        beams, written = self.writer.beams(params.asked), self.writer.most_written(params.asked)
        network = self.network_memory
        return network.reading(rows, tokens) + network.writing(rows * beams, tokens, written)

    @torch.inference_mode()
    def write(self, texts: Sequence[str], params: S, **options: object) -> list[str]:
        """What is written of texts, which get the prefix; `options` of generation stand where the caller has none.

        Raises InvalidRequest for a text that the model cannot read.
        """
        asked = [self.prefix + text for text in texts]
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
        asked_lengths = LENGTHS if params.asked.keys() & LENGTHS else frozenset()
        options = {name: value for name, value in options.items() if name not in asked_lengths}
        tokens = self.writer.generate(features, {**options, **params.asked})
        return self.tokenizer.batch_decode(
            tokens,
            skip_special_tokens=True,
            clean_up_tokenization_spaces=bool(params.clean_up_tokenization_spaces),
        )
