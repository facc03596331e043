"""text2text-generation: whatever an encoder with a decoder was taught to write of a text."""

from __future__ import annotations

from collections.abc import Sequence

from inference_common.tasks.decoding import GeneratedText
from inference_common.tasks.seq2seq import Seq2SeqParams

from ._seq2seq import Seq2SeqPipeline


class Text2TextGeneration(Seq2SeqPipeline[Seq2SeqParams, GeneratedText]):
    task = "text2text-generation"

    def __call__(self, inputs: str, params: Seq2SeqParams) -> GeneratedText:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[str], params: Seq2SeqParams) -> Sequence[GeneratedText]:
        return [{"generated_text": text} for text in self.write(inputs, params)]
