"""Answers to questions about documents by networks that write them from what they see: Donut."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.documents import DocumentAnswer, DocumentQuestionAnsweringParams
from inference_common.tasks.multimodal import AskedImage
from transformers import AutoModelForImageTextToText

from ._generate import Writer
from ._shared import TextPipeline
from ._vision import Features, ImagePipeline

Answers = list[DocumentAnswer]
PROMPT = "<s_docvqa><s_question>{}</s_question><s_answer>"
ANSWER = re.compile(r"<s_answer>(.*?)</s_answer>", re.DOTALL)


class DonutPipeline(
    ImagePipeline[AskedImage, DocumentQuestionAnsweringParams, Answers],
    TextPipeline[AskedImage, DocumentQuestionAnsweringParams, Answers],
):
    auto = AutoModelForImageTextToText
    max_batch_size = 4

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.writer = Writer(self.network, self.tokenizer.pad_token_id)

    def __call__(self, inputs: AskedImage, params: DocumentQuestionAnsweringParams) -> Answers:
        return self.batch([inputs], params)[0]

    def cost(self, inputs: AskedImage) -> int:
        return self.tokens(inputs.question)

    @torch.inference_mode()
    def batch(self, inputs: Sequence[AskedImage], params: DocumentQuestionAnsweringParams) -> Sequence[Answers]:
        prepared = [{**self.prepare(asked.image), "decoder_input_ids": self._prompt(asked)} for asked in inputs]
        return self.in_groups(prepared, lambda features, places: self._written(features))

    def _prompt(self, asked: AskedImage) -> torch.Tensor:
        """The tokens that ask, of shape (1, tokens). Raises InvalidRequest."""
        text, longest = PROMPT.format(asked.question), self.writer.longest_prompt
        encoded = self.tokenizer(text, add_special_tokens=False, return_tensors="pt", verbose=False)
        tokens: torch.Tensor = encoded["input_ids"]
        if tokens.shape[1] > longest:
            raise InvalidRequest(
                f"The question has {tokens.shape[1]:,} tokens, and this model reads {longest:,}; send a shorter one"
            )
        return tokens.to(self.device)

    def _written(self, features: Features) -> list[Answers]:
        written, likely = self.writer.with_probability(features)
        texts = self.tokenizer.batch_decode(written)
        found = [ANSWER.search(text) for text in texts]
        answers = ["" if one is None else re.sub("<.*?>", "", one[1]).strip() for one in found]
        return [[{"answer": answer, "score": score}] for answer, score in zip(answers, likely, strict=True)]
