"""Answers to questions about documents by networks that read words and their places: LayoutLM and its successors.

Windows and decoding are those of the library's own `DocumentQuestionAnsweringPipeline`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from inference_common.cancel import checkpoint
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.documents import DocumentAnswer, DocumentQuestionAnsweringParams
from inference_common.tasks.multimodal import AskedImage
from inference_common.warning_headers import warnings_of_inputs
from PIL.Image import Image
from transformers import AutoImageProcessor, AutoModelForDocumentQuestionAnswering
from transformers.pipelines.document_question_answering import select_starts_ends

from ._ocr import Reader, Words
from ._rows import RowsPipeline, refuse_windows
from ._vision import refuse_other_than_rgb

STRIDE = 256
Answers = list[DocumentAnswer]


@dataclass(frozen=True)
class Window:
    """A part of a page beside the question: the network's row, the word of each token (None: special), and which
    tokens belong to no word of the page."""

    row: Mapping[str, Any]
    word_ids: Sequence[int | None]
    outside: npt.NDArray[np.int64]


class LayoutPipeline(RowsPipeline[AskedImage, DocumentQuestionAnsweringParams, Answers]):
    auto = AutoModelForDocumentQuestionAnswering
    max_batch_size = 8  # pages; each may be several windows

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.reader = Reader()
        self.sees = self.network.config.model_type != "layoutlm"
        if self.sees:
            refuse_other_than_rgb(self.network.config)
            loader: Any = AutoImageProcessor
            self.processor: Any = loader.from_pretrained(self.folder, local_files_only=True, backend="pil")
            self.processor.apply_ocr = False

    def __call__(self, inputs: AskedImage, params: DocumentQuestionAnsweringParams) -> Answers:
        return self.batch([inputs], params)[0]

    def check(self, params: DocumentQuestionAnsweringParams) -> None:
        self.reader.check(params.lang)

    def cost(self, inputs: AskedImage) -> int:
        return self.tokens(inputs.question)

    def warnings(
        self, inputs: Sequence[AskedImage], costs: Sequence[int], params: DocumentQuestionAnsweringParams
    ) -> Sequence[str]:
        return warnings_of_inputs([self.question_cut(one.question, params.max_question_len) for one in inputs])

    @torch.inference_mode()
    def batch(self, inputs: Sequence[AskedImage], params: DocumentQuestionAnsweringParams) -> Sequence[Answers]:
        pages = [self._words(asked.image, params) for asked in inputs]
        windows = [
            list(self._windows(asked, page, params)) if page[0] else []
            for asked, page in zip(inputs, pages, strict=True)
        ]
        rows = [window.row for some in windows for window in some]
        logits = iter(self.run(rows, lambda said: torch.stack([said.start_logits, said.end_logits], -1)))
        return [
            _answers(words, [(window, next(logits)) for window in some], params)
            for (words, _), some in zip(pages, windows, strict=True)
        ]

    def padded(self, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        texts = [{name: part for name, part in row.items() if name not in ("bbox", "pixel_values")} for row in rows]
        features = dict(super().padded(texts))
        length = features["input_ids"].shape[1]
        boxes = [[*row["bbox"], *[[0] * 4] * (length - len(row["bbox"]))] for row in rows]
        features["bbox"] = torch.tensor(boxes, device=self.device)
        if self.sees:
            features["pixel_values"] = torch.cat([row["pixel_values"] for row in rows])
        return features

    def _words(self, image: Image, params: DocumentQuestionAnsweringParams) -> Words:
        if params.word_boxes is None:
            checkpoint()  # a page takes seconds
            return self.reader.read(image, params.lang)
        boxes = [(round(x0), round(y0), round(x1), round(y1)) for _, (x0, y0, x1, y1) in params.word_boxes]
        return [word for word, _ in params.word_boxes], boxes

    def _windows(self, asked: AskedImage, page: Words, params: DocumentQuestionAnsweringParams) -> Iterator[Window]:
        words, boxes = page
        most = min(params.max_seq_len or self.longest, self.longest)
        question, room = self.question(asked.question, most, params.max_question_len)
        stride = min(most // 2, STRIDE) if params.doc_stride is None else params.doc_stride
        if params.doc_stride is None and stride >= room:
            stride = room // 2
        refuse_windows(self.words_length(words), room, stride, "doc_stride")
        texts: dict[str, Any] = {"text": question.split(), "text_pair": words, "is_split_into_words": True}
        if self.sees:
            texts = {"text": [question], "text_pair": [words], "boxes": [boxes]}
        encoded = self.tokenizer(
            **texts,
            truncation="only_second",
            max_length=most,
            stride=stride,
            return_overflowing_tokens=True,
            return_token_type_ids=True,
        )
        pixels = {"pixel_values": self._pixels(asked.image)} if self.sees else {}
        for n in range(len(encoded["input_ids"])):
            is_word = [part == 1 for part in encoded.sequence_ids(n)]
            tokens, word_ids = encoded["input_ids"][n], encoded.word_ids(n)
            places = [
                boxes[word] if here else [1000] * 4 if token == self.tokenizer.sep_token_id else [0] * 4
                for token, word, here in zip(tokens, word_ids, is_word, strict=True)
            ]
            outside = ~np.array(is_word) & (np.array(tokens) != self.tokenizer.cls_token_id)
            yield Window({**self.row(encoded, n), "bbox": places, **pixels}, word_ids, outside.astype(np.int64))

    def _pixels(self, image: Image) -> torch.Tensor:
        pixels: torch.Tensor = self.processor(images=[image], return_tensors="pt")["pixel_values"]
        return pixels.to(self.device, self.network.dtype)


def _answers(
    words: Sequence[str], windows: Sequence[tuple[Window, torch.Tensor]], params: DocumentQuestionAnsweringParams
) -> Answers:
    """The best answers of all windows of a page, from their logits of shape (tokens, 2)."""
    impossible = 1.0
    answers: Answers = []
    for window, logits in windows:
        start, end = logits.T[:, None].numpy()
        starts, ends, likely, impossible = select_starts_ends(
            start,
            end,
            window.outside,
            np.ones_like(window.outside),
            impossible,
            params.top_k,
            params.handle_impossible_answer,
            params.max_answer_len,
        )
        for first, last, score in zip(starts, ends, likely, strict=True):
            begin, until = window.word_ids[first], window.word_ids[last]
            if begin is not None and until is not None:
                answer = " ".join(words[begin : until + 1])
                answers.append({"answer": answer, "score": float(score), "start": begin, "end": until})
    if params.handle_impossible_answer:
        answers.append({"answer": "", "score": impossible, "start": 0, "end": 0})
    return sorted(answers, key=lambda answer: -answer["score"])[: params.top_k]
