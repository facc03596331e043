"""table-question-answering: cells of a table, or words about it, that answer a question."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import torch
from inference_common.codecs.tabular import text_columns
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.tables import Found, TableQuestion, TableQuestionAnsweringParams
from inference_common.warning_headers import warnings_of_inputs
from transformers import AutoConfig, AutoModelForSeq2SeqLM, AutoModelForTableQuestionAnswering

from ._shared import ModelPipeline
from ._tapas import Tapas
from ._tapex import Tapex

SEPARATORS = 4  # tokens around a cell, at most


class TableQuestionAnswering(ModelPipeline[TableQuestion, TableQuestionAnsweringParams, Found]):
    max_batch_size = 8

    def __init__(self, model: ModelSource, device: Device) -> None:
        config = AutoConfig.from_pretrained(model.path(), local_files_only=True)
        chooses_cells = hasattr(config, "aggregation_labels")
        self.auto = AutoModelForTableQuestionAnswering if chooses_cells else AutoModelForSeq2SeqLM
        super().__init__(model, device)
        self.reader: Tapas | Tapex = (Tapas if chooses_cells else Tapex)(self.network, self.folder)

    def __call__(self, inputs: TableQuestion, params: TableQuestionAnsweringParams) -> Found:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[TableQuestion], params: TableQuestionAnsweringParams) -> Sequence[Found]:
        asked = [(pd.DataFrame(text_columns(one.table)), one.queries) for one in inputs]
        answers = self.reader.answers(
            asked, truncate=params.truncation is not False, sequential=bool(params.sequential)
        )
        return [found if one.many else found[0] for one, found in zip(inputs, answers, strict=True)]

    def warnings(
        self, inputs: Sequence[TableQuestion], costs: Sequence[int], params: TableQuestionAnsweringParams
    ) -> Sequence[str]:
        if params.truncation is False:
            return ()
        return warnings_of_inputs([self._cut(one, cost) for one, cost in zip(inputs, costs, strict=True)])

    def _cut(self, asked: TableQuestion, cost: int) -> Sequence[str]:
        table = pd.DataFrame(text_columns(asked.table))
        # A text has no more tokens than characters but for what separates them, which is a few a cell.
        if cost + SEPARATORS * (table.size + len(table) + len(table.columns)) < self.reader.longest:
            return ()
        read = self.reader.rows_read(table, asked.queries)
        return [f"the table has {len(table):,} rows, and its first {read:,} are read"] if read < len(table) else ()

    def cost(self, inputs: TableQuestion) -> int:
        return sum(map(len, inputs.texts()))
