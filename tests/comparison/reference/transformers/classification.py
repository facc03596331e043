"""The tasks that label a text, a sound or a video, or an image as a whole."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from inference_common import samples

from .pipes import Answer, as_image, as_it_is, as_sound, piped


def ranked(made: Any) -> Any:
    """The labels of zero-shot-classification, as every other task answers them."""
    pairs = zip(made["labels"], made["scores"], strict=True)
    return [{"label": label, "score": score} for label, score in pairs]


def as_path(inputs: Any, pipe: Any) -> Any:
    return str(files(samples).joinpath(inputs["sample"]))


ANSWERS: dict[str, Answer] = {
    "audio-classification": piped("audio-classification", as_sound),
    "image-classification": piped("image-classification", as_image),
    "text-classification": piped("text-classification", as_it_is),
    "token-classification": piped("token-classification", as_it_is),
    "video-classification": piped("video-classification", as_path),
    "zero-shot-audio-classification": piped("zero-shot-audio-classification", as_sound),
    "zero-shot-classification": piped("zero-shot-classification", as_it_is, shape=ranked),
    "zero-shot-image-classification": piped("zero-shot-image-classification", as_image),
}
