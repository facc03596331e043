"""hibari: a voice, called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hibari import Hibari
from hibari.voices import DEFAULT

from .media import Keywords
from .sounds import Sound


def text_to_speech(folder: Path) -> Callable[..., Any]:
    (file,) = folder.glob("*.onnx")
    voice = Hibari(DEFAULT, model=str(file))

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        return Sound(voice(inputs, seed=0), voice.sample_rate)

    return call


ANSWERS = {"text-to-speech": text_to_speech}
