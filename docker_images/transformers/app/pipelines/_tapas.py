"""TAPAS: chooses cells of a table, and says what to do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from inference_common.errors import InvalidRequest
from inference_common.tasks.tables import TableAnswer
from transformers import AutoTokenizer, PreTrainedModel
from transformers.pipelines.table_question_answering import TableQuestionAnsweringPipeline

from ._shared import longest_of

Asked = tuple[pd.DataFrame, list[str]]
"""A table of texts, and the questions about it."""
ROWS_AT_ONCE = 16
COLUMNS, ROWS = 1, 2  # places in the network's token types


class Tapas:
    """Answers by the library's own rules; we only run the network, in batches over several tables."""

    def __init__(self, network: PreTrainedModel, folder: Path) -> None:
        self.network: Any = network
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        config: Any = network.config
        self.longest = longest_of(config, self.tokenizer)
        self.tokenizer.model_max_length = self.longest
        # Past these the network has no embedding, and a GPU would never recover from asking for one.
        self.tokenizer.max_column_id = min(self.tokenizer.max_column_id, config.type_vocab_sizes[COLUMNS])
        self.tokenizer.max_row_id = min(self.tokenizer.max_row_id, config.type_vocab_sizes[ROWS])
        untyped: Any = TableQuestionAnsweringPipeline
        self.rules = untyped(model=network, tokenizer=self.tokenizer, device=network.device)

    def answers(self, asked: Sequence[Asked], *, truncate: bool, sequential: bool) -> list[list[TableAnswer]]:
        """For each table, an answer to each of its questions. Raises InvalidRequest for what does not fit."""
        encoded = [self._encode(table, queries, truncate) for table, queries in asked]
        outputs = [self.rules.sequential_inference(**one) for one in encoded] if sequential else self._run(encoded)
        return [
            self._decoded(table, one, output) for (table, _), one, output in zip(asked, encoded, outputs, strict=True)
        ]

    def rows_read(self, table: pd.DataFrame, queries: list[str]) -> int:
        """How many rows of a table are read where it is cut to fit; all of one that is refused."""
        try:
            encoded = self._encode(table, queries, truncate=True)
        except InvalidRequest:
            return len(table)
        return int(encoded["token_type_ids"][:, :, ROWS].amax(1).min())

    def _encode(self, table: pd.DataFrame, queries: list[str], truncate: bool) -> Mapping[str, torch.Tensor]:
        """Tensors of shape (questions, tokens, ...)."""
        how = "drop_rows_to_fit" if truncate else "do_not_truncate"
        fix = "send fewer rows or shorter texts" + ("" if truncate else ", or truncation: true")
        most = self.tokenizer.model_max_length
        try:
            encoded = self.tokenizer(table, queries, truncation=how, padding=True, return_tensors="pt")
        except ValueError as error:
            raise InvalidRequest(f"The table or a question does not fit this model ({error}); {fix}") from None
        length = encoded["input_ids"].shape[1]
        if length > most:
            raise InvalidRequest(f"The table has {length} tokens, and this model reads {most}; {fix}")
        return encoded  # type: ignore[no-any-return]

    def _run(self, encoded: Sequence[Mapping[str, torch.Tensor]]) -> list[tuple[torch.Tensor, ...]]:
        """The network's outputs for each table: logits of shape (questions, tokens), and of the aggregators."""
        longest = max(one["input_ids"].shape[1] for one in encoded)
        fill = {"input_ids": self.tokenizer.pad_token_id}
        padded = {
            name: torch.cat([_padded(one[name], longest, fill.get(name, 0)) for one in encoded]) for name in encoded[0]
        }
        parts: list[list[torch.Tensor]] = []
        for start in range(0, len(padded["input_ids"]), ROWS_AT_ONCE):
            some = {name: tensor[start : start + ROWS_AT_ONCE] for name, tensor in padded.items()}
            output = self.network(**{name: tensor.to(self.network.device) for name, tensor in some.items()})
            said = (output.logits, output.get("logits_aggregation"))
            parts.append([tensor.float().cpu() for tensor in said if tensor is not None])
        whole: list[Any] = [torch.cat(tensors) for tensors in zip(*parts, strict=True)]
        counts = [len(one["input_ids"]) for one in encoded]
        by_table = zip(*(tensor.split(counts) for tensor in whole), strict=True)
        return [
            (logits[:, : one["input_ids"].shape[1]], *rest)
            for (logits, *rest), one in zip(by_table, encoded, strict=True)
        ]

    def _decoded(self, table: pd.DataFrame, encoded: Mapping[str, Any], output: Any) -> list[TableAnswer]:
        output = tuple(tensor.float().cpu() for tensor in output)
        found = self.rules.postprocess({"model_inputs": encoded, "table": table, "outputs": output})
        return [
            {
                "answer": one["answer"],
                "coordinates": [[int(row), int(column)] for row, column in one["coordinates"]],
                "cells": list(one["cells"]),
                "aggregator": one.get("aggregator", "NONE"),
            }
            for one in (found if isinstance(found, list) else [found])
        ]


def _padded(tensor: torch.Tensor, length: int, value: int) -> torch.Tensor:
    """A tensor of shape (questions, tokens, ...) with `value` up to so many tokens."""
    missing = length - tensor.shape[1]
    return torch.cat([tensor, tensor.new_full((len(tensor), missing, *tensor.shape[2:]), value)], dim=1)
