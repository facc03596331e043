"""The tasks that read texts and tables: tokens, masks, questions, embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from ..media import Keywords
from .pipes import Answer, as_it_is, cut, pipe_of, piped

LONGEST, STRIDE, ANSWER = 384, 128, 15  # tokens; as the library's pipeline had them before release 5


def feature_extraction(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("feature-extraction", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        pipe.tokenizer.truncation_side = parameters.get("truncation_direction", "right")
        made = pipe(inputs, return_tensors=True, truncation=parameters.get("truncate", keywords["truncation"]))
        return torch.nn.functional.normalize(made, dim=-1) if parameters.get("normalize") else made

    return call


def table_question_answering(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("table-question-answering", folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        told = dict(parameters)
        if "truncation" in told:
            told["truncation"] = "drop_rows_to_fit" if told["truncation"] else "do_not_truncate"
        return pipe({"table": pd.DataFrame(inputs["table"]), "query": inputs["query"]}, **told)

    return call


def question_answering(folder: Path) -> Callable[..., Any]:
    network: Any = AutoModelForQuestionAnswering.from_pretrained(folder).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        most = min(parameters.get("max_seq_len", LONGEST), tokenizer.model_max_length)
        question, context = cut(tokenizer, inputs["question"], parameters.get("max_question_len")), inputs["context"]
        encoded = tokenizer(question, context, truncation="only_second", max_length=most, return_tensors="pt",
                            stride=parameters.get("doc_stride", min(most // 2, STRIDE)), padding=True,
                            return_overflowing_tokens=True)  # fmt: skip
        rows = {name: encoded[name] for name in ("input_ids", "token_type_ids", "attention_mask")}
        outputs = network(**rows)
        found: dict[str, dict[str, Any]] = {}
        impossible = 1.0
        for n, encoding in enumerate(encoded.encodings):
            starts, ends = (_chances(encoding, logits[n]) for logits in (outputs.start_logits, outputs.end_logits))
            impossible = min(impossible, float(starts[0] * ends[0]))
            starts[0] = ends[0] = 0
            for start, end, score in _spans(starts, ends, parameters):
                if encoding.sequence_ids[start] == encoding.sequence_ids[end] == 1:
                    first, last = _characters(encoding, start, end, parameters.get("align_to_words", True))
                    words = context[first:last]
                    known = found.setdefault(words.lower(), {"answer": words, "start": first, "end": last, "score": 0})
                    known["score"] += score
        none = {"answer": "", "start": 0, "end": 0, "score": impossible}
        answers = [*found.values(), *([none] if parameters.get("handle_impossible_answer") else [])]
        return sorted(answers, key=lambda one: -one["score"])[: parameters.get("top_k", 1)]

    return call


def _chances(encoding: Any, logits: Any) -> Any:
    """Of each token of the context, and of the first one, to be a border."""
    allowed = [part == 1 or n == 0 for n, part in enumerate(encoding.sequence_ids)]
    return logits.masked_fill(~torch.tensor(allowed), -10000.0).softmax(-1).detach().numpy()


def _spans(starts: Any, ends: Any, parameters: Keywords) -> Iterator[tuple[int, int, float]]:
    """The best spans that are not too long, twice as many as answers are asked for and ten more where words decide."""
    top_k, longest = parameters.get("top_k", 1), parameters.get("max_answer_len", ANSWER)
    count = top_k if parameters.get("align_to_words") is False else top_k * 2 + 10
    every = [
        (start, end, float(starts[start] * ends[end]))
        for start in range(len(starts))
        for end in range(start, min(start + longest, len(ends)))
    ]
    yield from sorted(every, key=lambda span: -span[2])[:count]


def _characters(encoding: Any, start: int, end: int, align: bool) -> tuple[int, int]:
    if align:
        words = encoding.token_to_word(start), encoding.token_to_word(end)
        return encoding.word_to_chars(words[0], 1)[0], encoding.word_to_chars(words[1], 1)[1]
    return encoding.offsets[start][0], encoding.offsets[end][1]


ANSWERS: dict[str, Answer] = {
    "feature-extraction": feature_extraction,
    "fill-mask": piped("fill-mask", as_it_is),
    "question-answering": question_answering,
    "table-question-answering": table_question_answering,
}
