"""summarization: a shorter text of a text."""

from __future__ import annotations

from collections.abc import Sequence

from inference_common.tasks.seq2seq import Seq2SeqParams, Summary

from ._seq2seq import Seq2SeqPipeline


class Summarization(Seq2SeqPipeline[Seq2SeqParams, Summary]):
    task = "summarization"

    def __call__(self, inputs: str, params: Seq2SeqParams) -> Summary:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[str], params: Seq2SeqParams) -> Sequence[Summary]:
        return [{"summary_text": text} for text in self.write(inputs, params)]
