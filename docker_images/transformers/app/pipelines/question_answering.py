"""question-answering: the part of a context that answers a question.

The library dropped its own pipeline in release 5. Windows and decoding are those of release 4.57's
`QuestionAnsweringPipeline` (after Chen et al., "Reading Wikipedia to Answer Open-Domain Questions", 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks.questions import Found, FoundAnswer, Question, QuestionAnsweringParams
from inference_common.warning_headers import warnings_of_inputs
from tokenizers import Encoding
from transformers import AutoModelForQuestionAnswering

from ._rows import Row, RowsPipeline, refuse_windows

SEQUENCE, STRIDE, ANSWER = 384, 128, 15  # tokens, where the caller does not say
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Window:
    """A part of a context beside the question: the network's row, and where its tokens stand in the context."""

    row: Row
    encoding: Encoding
    is_context: npt.NDArray[np.bool_]


class QuestionAnswering(RowsPipeline[Question, QuestionAnsweringParams, Found]):
    auto = AutoModelForQuestionAnswering
    outputs = ("start_logits", "end_logits")
    max_batch_size = 8  # contexts; each may be many windows

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        if self._counter is None:
            raise TypeError(
                "this model's tokenizer does not tell where its tokens stand in a text, so no answer can be"
            )
        self.question_first = self.tokenizer.padding_side == "right"

    def __call__(self, inputs: Question, params: QuestionAnsweringParams) -> Found:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Question], params: QuestionAnsweringParams) -> Sequence[Found]:
        windows = [list(self._windows(asked, params)) for asked in inputs]
        rows = [window.row for some in windows for window in some]
        logits = iter(self.run(rows, lambda output: torch.stack([output.start_logits, output.end_logits], -1)))
        return [
            self._found(asked.context, [(window, next(logits).numpy()) for window in some], params)
            for asked, some in zip(inputs, windows, strict=True)
        ]

    def cost(self, inputs: Question) -> int:
        return self.length(inputs.question) + self.length(inputs.context)

    def warnings(
        self, inputs: Sequence[Question], costs: Sequence[int], params: QuestionAnsweringParams
    ) -> Sequence[str]:
        return warnings_of_inputs([self.question_cut(one.question, params.max_question_len) for one in inputs])

    def _windows(self, asked: Question, params: QuestionAnsweringParams) -> Iterator[Window]:
        most = min(params.max_seq_len or SEQUENCE, self.longest)
        question, room = self.question(asked.question, most, params.max_question_len)
        stride = min(most // 2, STRIDE) if params.doc_stride is None else params.doc_stride
        if params.doc_stride is None and stride >= room:
            stride = room // 2
        refuse_windows(self.length(asked.context) - self.special[False], room, stride, "doc_stride")
        texts = (question, asked.context) if self.question_first else (asked.context, question)
        encoded = self.tokenizer(
            *texts,
            truncation="only_second" if self.question_first else "only_first",
            max_length=most,
            stride=stride,
            return_overflowing_tokens=True,
        )
        context = 1 if self.question_first else 0
        for n, encoding in enumerate(encoded.encodings or ()):
            is_context = np.array([part == context for part in encoding.sequence_ids])
            yield Window(self.row(encoded, n), encoding, is_context)

    def _found(self, context: str, windows: Sequence[tuple[Window, Floats]], params: QuestionAnsweringParams) -> Found:
        top_k, align = params.top_k or 1, params.align_to_words is not False
        candidates = top_k * 2 + 10 if align else top_k  # several of them may be the same words
        answers: dict[str, FoundAnswer] = {}
        impossible = 1.0
        for window, logits in windows:
            starts, ends = (self._chances(window, logits[:, n]) for n in (0, 1))
            impossible = min(impossible, float(starts[0] * ends[0]))
            starts[0] = ends[0] = 0.0  # the place of the empty answer
            for start, end, score in _spans(starts, ends, candidates, params.max_answer_len or ANSWER):
                if not (window.is_context[start] and window.is_context[end]):
                    continue
                first, last = _characters(window.encoding, start, end, align, 1 if self.question_first else 0)
                words = context[first:last]
                found: FoundAnswer = {"answer": words, "score": 0.0, "start": first, "end": last}
                answers.setdefault(words.lower(), found)["score"] += score
        none: FoundAnswer = {"answer": "", "score": impossible, "start": 0, "end": 0}
        listed = [*answers.values(), *([none] if params.handle_impossible_answer else [])]
        best = sorted(listed, key=lambda answer: -answer["score"])[:top_k]
        if top_k > 1:
            return best
        return best[0] if best else {**none, "score": 0.0}

    def _chances(self, window: Window, logits: Floats) -> Floats:
        """Of each token to be the border, from its logits; the question's tokens have none."""
        allowed = window.is_context | (np.array(window.row["input_ids"]) == self.tokenizer.cls_token_id)
        masked = np.where(allowed, logits, np.float32(-10000.0))
        powers = np.exp(masked - masked.max())
        chances: Floats = powers / powers.sum()
        return chances


def _spans(starts: Floats, ends: Floats, count: int, longest: int) -> Iterator[tuple[int, int, float]]:
    """The `count` best spans of at most `longest` tokens as (first, last, score)."""
    scores = np.tril(np.triu(np.outer(starts, ends)), longest - 1)
    flat = scores.ravel()
    if count == 1:
        order = np.array([flat.argmax()])
    elif flat.size <= count:
        order = np.argsort(-flat)
    else:
        some = np.argpartition(-flat, count)[:count]
        order = some[np.argsort(-flat[some])]
    for place in order.tolist():
        start, end = divmod(place, len(ends))
        if start <= end < start + longest:
            yield start, end, float(scores[start, end])


def _characters(encoding: Encoding, start: int, end: int, align: bool, sequence: int) -> tuple[int, int]:
    """The characters of the context from token `start` to `end`, of whole words with `align` where there are words."""
    first_word, last_word = (encoding.token_to_word(n) if align else None for n in (start, end))
    if first_word is not None and last_word is not None:
        first, last = encoding.word_to_chars(first_word, sequence), encoding.word_to_chars(last_word, sequence)
        if first is not None and last is not None:
            return first[0], last[1]
    return encoding.offsets[start][0], encoding.offsets[end][1]
