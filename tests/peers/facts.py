"""Facts of answers that a JSON schema cannot tell, by the name that a case gives them."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import av
import numpy as np
from inference_common.samples import sample
from PIL import Image

from .cases import Ask

CLOSE = 1e-3
SPANS = ("start", "end")
Fact = Callable[[Any, Ask], bool]


def objects(value: Any, *names: str) -> Iterator[Mapping[str, Any]]:
    """Every object inside an answer that has these names."""
    if isinstance(value, dict):
        if all(name in value for name in names):
            yield value
        for part in value.values():
            yield from objects(part, *names)
    elif isinstance(value, list):
        for part in value:
            yield from objects(part, *names)


def scores(answer: Any) -> list[float]:
    """The scores of an answer in their order."""
    if isinstance(answer, dict) and "scores" in answer:
        return [*answer["scores"]]
    return [found.get("score", found.get("relevance_score")) for found in _scored(answer)]


def _scored(answer: Any) -> list[Mapping[str, Any]]:
    return [*objects(answer, "score"), *objects(answer, "relevance_score")]


def vectors(answer: Any) -> Iterator[list[float]]:
    """Every list of numbers inside an answer."""
    if isinstance(answer, list) and answer and not isinstance(answer[0], list | dict):
        yield answer
    elif isinstance(answer, list):
        for part in answer:
            yield from vectors(part)


def text_of(ask: Ask) -> str:
    """The text that spans are of."""
    inputs = ask.json["inputs"]
    return str(inputs["context"] if isinstance(inputs, dict) else inputs)


def spans(answer: Any) -> list[tuple[int, int]]:
    return [(found["start"], found["end"]) for found in objects(answer, *SPANS)]


def ends_a_word(text: str, end: int) -> bool:
    return end == len(text) or not (text[end - 1].isalnum() and text[end].isalnum())


def size(encoded: str) -> tuple[int, int]:
    """The width and height of an image in base64."""
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        return image.size


def sample_size(name: str = "image.jpg") -> tuple[int, int]:
    return size(base64.b64encode(sample(name)).decode())


def sample_seconds(name: str = "audio.flac") -> float:
    with av.open(io.BytesIO(sample(name)), "r") as sound:
        return float(sum(frame.samples / frame.sample_rate for frame in sound.decode(audio=0)))


def corners_in_order(answer: Any) -> bool:
    boxes = objects(answer, "xmin", "ymin", "xmax", "ymax")
    return all(box["xmin"] <= box["xmax"] and box["ymin"] <= box["ymax"] for box in boxes)


def begin_with(answer: Any, magic: bytes) -> bool:
    return all(base64.b64decode(sound["blob"]).startswith(magic) for sound in objects(answer, "blob"))


def cells_fit(answer: Any, ask: Ask) -> bool:
    columns = list(ask.json["inputs"]["table"].values())
    return all(
        found["cells"] == [columns[column][row] for row, column in found["coordinates"]]
        for found in objects(answer, "cells", "coordinates")
    )


def texts_fit(answer: Any, ask: Ask) -> bool:
    texts = ask.json.get("texts", ask.json.get("documents"))
    return all(found.get("text", found.get("document")) == texts[found["index"]] for found in objects(answer, "index"))


def equal_texts_score_equally(answer: Any, ask: Ask) -> bool:
    by_text: dict[str, list[float]] = {}
    for found in answer:
        by_text.setdefault(ask.json["texts"][found["index"]], []).append(found["score"])
    return all(max(found) - min(found) < CLOSE for found in by_text.values())


def one_more_turn(answer: Any, ask: Ask) -> bool:
    asked, told = ask.json["inputs"], answer["conversation"]
    users = [*asked.get("past_user_inputs", []), asked["text"]]
    replies = [*asked.get("generated_responses", []), answer["generated_text"]]
    return bool(told["past_user_inputs"] == users and told["generated_responses"] == replies)


def usage_adds_up(answer: Any) -> bool:
    usage = answer["usage"]
    return bool(usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"])


def rising(values: Iterable[float]) -> bool:
    known = list(values)
    return known == sorted(known)


def times(answer: Any) -> list[float]:
    chunks = [moment for chunk in objects(answer, "timestamp") for moment in chunk["timestamp"] if moment is not None]
    return chunks or [moment for segment in objects(answer, *SPANS) for moment in (segment["start"], segment["end"])]


FACTS: Mapping[str, Fact] = {
    "best first": lambda answer, ask: scores(answer) == sorted(scores(answer), reverse=True),
    "scores in 0 to 1": lambda answer, ask: all(0 <= score <= 1 for score in scores(answer)),
    "scores sum to 1": lambda answer, ask: math.isclose(sum(scores(answer)), 1, abs_tol=CLOSE),
    "spans are in the text": lambda answer, ask: all(0 <= a < b <= len(text_of(ask)) for a, b in spans(answer)),
    "spans rise": lambda answer, ask: all(a[1] <= b[0] for a, b in zip(spans(answer), spans(answer)[1:], strict=False)),
    "spans end with words": lambda answer, ask: all(ends_a_word(text_of(ask), end) for _, end in spans(answer)),
    "answers are spans of the context": lambda answer, ask: all(
        text_of(ask)[found["start"] : found["end"]] == found["answer"] for found in objects(answer, "answer", *SPANS)
    ),
    "elements are equal": lambda answer, ask: bool(np.ptp(np.array(answer), axis=0).max() < CLOSE),
    "vectors have length 1": lambda answer, ask: all(
        math.isclose(float(np.linalg.norm(vector)), 1, abs_tol=CLOSE) for vector in vectors(answer)
    ),
    "numbers in -1 to 1": lambda answer, ask: all(-1.001 <= number <= 1.001 for number in answer),
    "numbers are 1": lambda answer, ask: all(math.isclose(number, 1, abs_tol=CLOSE) for number in answer),
    "each index once": lambda answer, ask: (
        sorted(found["index"] for found in objects(answer, "index"))
        == list(range(len(ask.json.get("texts", ask.json.get("documents")))))
    ),
    "two results": lambda answer, ask: len(answer["results"]) == 2,
    "texts are those at the index": texts_fit,
    "equal texts score equally": equal_texts_score_equally,
    "the text begins with the prompt": lambda answer, ask: bool(
        answer[0]["generated_text"].startswith(ask.json["inputs"])
    ),
    "turns are one more": one_more_turn,
    "usage adds up": lambda answer, ask: usage_adds_up(answer),
    "cells are those at the coordinates": cells_fit,
    "times rise": lambda answer, ask: rising(times(answer)),
    "times are within audio.flac": lambda answer, ask: max(times(answer), default=0) <= sample_seconds() + CLOSE,
    "corners are in order": lambda answer, ask: corners_in_order(answer),
    "masks have the size of image.jpg": lambda answer, ask: all(
        size(found["mask"]) == sample_size() for found in objects(answer, "mask")
    ),
    "the map has the size of image.jpg": lambda answer, ask: size(answer["depth"]) == sample_size(),
    "sounds are FLAC": lambda answer, ask: begin_with(answer, b"fLaC"),
    "sounds are WAV": lambda answer, ask: begin_with(answer, b"RIFF"),
}
"""Whether a fact holds of an answer (JSON) to a request."""
