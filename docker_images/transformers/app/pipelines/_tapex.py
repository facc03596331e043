"""TAPEX: a BART that reads a table as one text, and writes its answer.

The library dropped its tokenizer in release 5; the text of a table is that of release 4.57's `TapexTokenizer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from inference_common.config_files import read_json
from inference_common.errors import InvalidRequest
from inference_common.tasks.tables import TableAnswer
from transformers import AutoTokenizer, BartTokenizer, PreTrainedModel

from ._shared import longest_of
from ._tapas import Asked

NAME = "TapexTokenizer"
ROWS_AT_ONCE = 16
USUAL = 256  # tokens of an answer, where the model does not say


class Tapex:
    """Answers by generating text."""

    def __init__(self, network: PreTrainedModel, folder: Path) -> None:
        self.network: Any = network
        told: Mapping[str, Any] = read_json(folder / "tokenizer_config.json")
        is_tapex = told.get("tokenizer_class") == NAME
        loader: Any = BartTokenizer if is_tapex else AutoTokenizer
        self.tokenizer = loader.from_pretrained(folder, local_files_only=True)
        self.lower = bool(told.get("do_lower_case", is_tapex))
        self.cell = int(told.get("max_cell_length", 15))  # tokens
        self.longest = longest_of(network.config, self.tokenizer)
        told_length = network.generation_config.max_length or network.generation_config.max_new_tokens
        self.length = {} if told_length else {"max_new_tokens": USUAL}

    def answers(self, asked: Sequence[Asked], *, truncate: bool, sequential: bool) -> list[list[TableAnswer]]:
        """For each table, an answer to each of its questions. Raises InvalidRequest for what does not fit."""
        texts = [self._text(table, query, truncate) for table, queries in asked for query in queries]
        starts = range(0, len(texts), ROWS_AT_ONCE)
        written = iter([words for n in starts for words in self._write(texts[n : n + ROWS_AT_ONCE])])
        return [[_answer(next(written)) for _ in queries] for _, queries in asked]

    def rows_read(self, table: pd.DataFrame, queries: list[str]) -> int:
        """How many rows of a table are read where it is cut to fit; all of one that is refused."""
        read = min(self._fitting(self._lines(table, query)) for query in queries) - 1
        return read if read > 0 else len(table)

    def _write(self, texts: list[str]) -> list[str]:
        encoded = self.tokenizer(texts, padding=True, return_tensors="pt").to(self.network.device)
        inputs = {name: encoded[name] for name in ("input_ids", "attention_mask")}
        tokens = self.network.generate(**inputs, **self.length)
        written: list[str] = self.tokenizer.batch_decode(
            tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return written

    def _text(self, table: pd.DataFrame, query: str, truncate: bool) -> str:
        """The question and the table, of as many rows as the network reads."""
        lines = self._lines(table, query)
        count = self._fitting(lines)
        if count < 2 or (count < len(lines) and not truncate):
            raise InvalidRequest(
                f"The question and the table have more tokens than the {self.longest} this model reads; send less of it"
            )
        return self._joined(lines[:count])

    def _lines(self, table: pd.DataFrame, query: str) -> Sequence[str]:
        """The question with the names of the columns, and each row."""
        cells = [" | ".join(map(self._cut, row)) for row in table.itertuples(index=False)]
        header = f"{query} col : {' | '.join(table.columns)}"
        return [header, *(f"row {n} : {row}" for n, row in enumerate(cells, 1))]

    def _fitting(self, lines: Sequence[str]) -> int:
        """How many of the lines, from the first, the network reads."""
        low, high = 0, len(lines)
        while low < high:
            middle = (low + high + 1) // 2
            fits = len(self.tokenizer(self._joined(lines[:middle]))["input_ids"]) <= self.longest
            low, high = (middle, high) if fits else (low, middle - 1)
        return low

    def _joined(self, lines: Sequence[str]) -> str:
        text = " ".join(lines)
        return text.lower() if self.lower else text

    def _cut(self, cell: str) -> str:
        """A cell of at most so many tokens."""
        if not cell.strip():
            return cell
        ids = self.tokenizer(cell, add_special_tokens=False)["input_ids"]
        return self._decode(ids[: self.cell]) if len(ids) >= self.cell else cell

    def _decode(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))


def _answer(words: str) -> TableAnswer:
    return {"answer": words, "coordinates": [], "cells": [], "aggregator": "NONE"}
