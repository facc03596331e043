"""Answers in one form, ours as HTTP gave them and a library's as its process wrote them, and how far they are apart.

In it, {"pixels": array} is a picture, {"samples": array, "rate": Hz} a sound.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import orjson
import soundfile
from PIL import Image

PNG = base64.b64encode(b"\x89PNG\r\n").decode()
CLOSE = 1e-3
"""How far numbers may be apart: relative to the list that they are in, where one in it is above 1."""
LEVELS = 1
"""How many of the 255 levels a pixel may be apart: one that is rounded."""


def ours(answer: httpx.Response) -> Any:
    """What a server of ours said."""
    media = answer.headers["content-type"].partition(";")[0]
    if media == "text/event-stream":
        return _streamed(answer.text)
    if media.startswith("image/"):
        return _picture(answer.content)
    if media.startswith("audio/"):
        return _sound(answer.content)
    return _written(_opened(orjson.loads(answer.content)))


def theirs(answer: Any) -> Any:
    """What a library said, read from what its process wrote."""
    if isinstance(answer, dict) and answer.keys() == {"png"}:
        return _picture(base64.b64decode(answer["png"]))
    if isinstance(answer, dict) and answer.keys() == {"wav"}:
        return _sound(base64.b64decode(answer["wav"]))
    if isinstance(answer, dict) and answer.keys() == {"label", "sound"}:
        return {"label": answer["label"], **_sound(base64.b64decode(answer["sound"]["wav"]))}
    if isinstance(answer, dict):
        return {name: theirs(value) for name, value in answer.items()}
    return [theirs(value) for value in answer] if isinstance(answer, list) else answer


def unwrapped(answer: Any) -> Any:
    """What a list of one holds: whether one answer stands in a list is the client's matter."""
    while isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    return answer


def leveled(answer: Any) -> Any:
    """A list of sounds, or one, whose samples are parts of the loudest of all."""
    sounds = answer if isinstance(answer, list) else [answer]
    loudest = max(1e-9, *(float(np.abs(one["samples"]).max()) for one in sounds))
    return [{**one, "samples": one["samples"] / loudest} for one in sounds]


def apart(
    one: Any,
    other: Any,
    adds: frozenset[str] = frozenset(),
    leaves_out: frozenset[str] = frozenset(),
    at: str = "answer",
) -> Iterator[str]:
    """Every place where two answers are apart, in words; one may hold keys that it `adds`, and lack what it
    `leaves_out`."""
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() - other.keys() - adds or other.keys() - one.keys() - leaves_out:
            yield f"{at}: keys {sorted(one)} and {sorted(other)}"
        for name in one.keys() & other.keys():
            yield from apart(one[name], other[name], adds, leaves_out, f"{at}.{name}")
    elif is_list(one) and is_list(other):
        if len(one) != len(other):
            yield f"{at}: {len(one)} and {len(other)} of them"
        for n, pair in enumerate(zip(one, other, strict=False)):
            yield from apart(*pair, adds, leaves_out, f"{at}.{n}")
    elif not _is_near(one, other):
        yield f"{at}: {_short(one)} and {_short(other)}"


def _short(value: Any) -> str:
    array = _numbers(value)
    return f"{value!r:.200}" if array is None or array.size < 5 else f"numbers of shape {array.shape}, {array.sum():g}"


def is_list(value: Any) -> bool:
    """Whether it is a list of other things than numbers."""
    return isinstance(value, list) and _numbers(value) is None


def _is_near(one: Any, other: Any) -> bool:
    left, right = _numbers(one), _numbers(other)
    if left is None or right is None:
        return type(one) is type(other) and bool(one == other)
    if left.shape != right.shape:
        return False
    if left.dtype == right.dtype == np.uint8:
        return bool((np.abs(left.astype(int) - right.astype(int)) <= LEVELS).all())
    size = max(1.0, float(np.abs(right).max(initial=0)))
    return bool((np.abs(left - right) <= CLOSE * size).all())


def _numbers(value: Any) -> Any:
    """An array of what holds nothing else, however deep; else None."""
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return np.asarray(value, dtype=float)
    if not isinstance(value, list) or not value or not isinstance(value[0], list | int | float):
        return None
    try:
        array = np.asarray(value)
    except ValueError:  # lists of unequal length
        return None
    return array.astype(float) if array.dtype.kind in "if" else None


def _opened(answer: Any) -> Any:
    """JSON whose pictures and sounds are opened."""
    if isinstance(answer, dict) and "blob" in answer:
        return {"label": answer["label"], **_sound(base64.b64decode(answer["blob"]))}
    if isinstance(answer, dict):
        return {name: _opened(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_opened(value) for value in answer]
    return _picture(base64.b64decode(answer)) if isinstance(answer, str) and answer.startswith(PNG) else answer


def _written(answer: Any) -> Any:
    """Of an answer in OpenAI's form, the text, as that of text-generation."""
    if isinstance(answer, dict) and "choices" in answer:
        return {"generated_text": answer["choices"][0]["message"]["content"]}
    return answer


def _streamed(events: str) -> Any:
    """The whole text that a stream of events made."""
    said = [orjson.loads(line[6:]) for line in events.splitlines() if line.startswith("data: {")]
    if "choices" in said[0]:
        parts = [one["choices"][0]["delta"].get("content") or "" for one in said if one["choices"]]
        return {"generated_text": "".join(parts)}
    return {"generated_text": said[-1]["generated_text"]}


def _picture(file: bytes) -> dict[str, Any]:
    with Image.open(io.BytesIO(file)) as image:
        return {"pixels": np.asarray(image.convert("RGB"), dtype=np.uint8)}


def _sound(file: bytes) -> dict[str, Any]:
    samples, rate = soundfile.read(io.BytesIO(file), dtype="float32")
    return {"samples": np.asarray(samples, dtype=float), "rate": rate}
