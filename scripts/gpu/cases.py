"""The cases that are served and measured: models of each library, at the sizes that are used in production."""

from __future__ import annotations

import base64
import functools
import io
import json
import random
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from .vocabulary import words

HUB_OWNER = "verify"
RATE = 16_000  # Hz
COMPARED = 4  # answers of the GPU's that are held to the CPU's
GENERATED, TRANSCRIBED = 128, 24  # tokens of one answer


@dataclass(frozen=True)
class Case:
    """A model, its task, and the bodies of its requests.

    `dtype` is that of its weights on a GPU. `compared` are the bodies whose answers are compared with a CPU's, where
    others than `bodies` suit that better, and `part` leads to what of an answer is compared. `group` is how many inputs
    a request holds in a second measurement of the throughput (1: there is none).
    """

    name: str
    library: str
    task: str
    dtype: str
    bodies: Callable[[], Sequence[bytes]]
    content_type: str = "application/json"
    compared: Callable[[], Sequence[bytes]] | None = None
    part: tuple[int | str, ...] = ()
    group: int = 1

    @property
    def model(self) -> str:
        """Its Hub id."""
        return f"{HUB_OWNER}/{self.name}"

    def compared_bodies(self) -> Sequence[bytes]:
        """Bodies whose answers must equal the CPU's."""
        return (self.compared or self.bodies)()[:COMPARED]

    def compared_part(self, answer: Any) -> Any:
        """The part of an answer that must equal the CPU's."""
        return functools.reduce(lambda value, key: value[key], self.part, answer)

    def grouped(self) -> Sequence[bytes]:
        """Bodies of `group` inputs each."""
        inputs = [json.loads(body)["inputs"] for body in self.bodies()]
        groups = [inputs[n : n + self.group] for n in range(0, len(inputs), self.group)]
        return [json.dumps({"inputs": group}).encode() for group in groups]


def sentences() -> list[str]:
    """Texts of 5 to 40 words."""
    return _texts(5, 40, 512)


def passages() -> list[str]:
    """Texts of 150 to 300 words."""
    return _texts(150, 300, 128)


def _texts(shortest: int, longest: int, count: int) -> list[str]:
    chance, known = random.Random(0), words()[:4000]
    return [" ".join(chance.choices(known, k=chance.randint(shortest, longest))) for _ in range(count)]


def _json(texts: Callable[[], list[str]], **parameters: Any) -> Callable[[], Sequence[bytes]]:
    extra = {"parameters": parameters} if parameters else {}
    return lambda: [json.dumps({"inputs": text, **extra}).encode() for text in texts()]


def _photos() -> Sequence[bytes]:
    """JPEG files of 512 x 512 pixels."""
    chance, files = np.random.default_rng(0), []
    for _ in range(16):
        coarse = Image.fromarray(chance.integers(0, 256, (16, 16, 3), dtype=np.uint8))
        buffer = io.BytesIO()
        coarse.resize((512, 512), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=90)
        files.append(buffer.getvalue())
    return files


def _recordings() -> list[bytes]:
    """WAV files of 10 s, of tones that change."""
    chance, files, times = np.random.default_rng(0), [], np.arange(10 * RATE) / RATE
    for _ in range(8):
        pitches = np.repeat(chance.uniform(100, 800, 20), len(times) // 20)
        sound = 0.3 * np.sin(2 * np.pi * np.cumsum(pitches) / RATE) + chance.normal(0, 0.02, len(times))
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        files.append(buffer.getvalue())
    return files


def _speech(tokens: int) -> Callable[[], Sequence[bytes]]:
    def bodies() -> Sequence[bytes]:
        parameters = {"generation_parameters": {"max_new_tokens": tokens}}
        inputs = [base64.b64encode(file).decode() for file in _recordings()]
        return [json.dumps({"inputs": one, "parameters": parameters}).encode() for one in inputs]

    return bodies


CASES = (
    Case("minilm", "sentence_transformers", "feature-extraction", "float16", _json(sentences), group=32),
    Case("bert-base", "transformers", "text-classification", "float16", _json(passages), group=16),
    Case("vit-base", "timm", "image-classification", "float16", _photos, "image/jpeg"),
    Case("efficientnet", "timm", "image-classification", "float16", _photos, "image/jpeg"),
    Case("whisper-base", "transformers", "automatic-speech-recognition", "float16", _speech(TRANSCRIBED),
         compared=_speech(4)),
    Case("llama-0.5b", "transformers", "text-generation", "bfloat16", _json(sentences, max_new_tokens=GENERATED),
         # What a token leads to is not near where two are likely: the prompt's own probabilities are compared.
         compared=_json(passages, max_new_tokens=1, details=True, decoder_input_details=True),
         part=(0, "details", "prefill")),
)  # fmt: skip
STREAMED = CASES[-1]
"""The case whose answers are streamed."""

ON_DEMAND = (CASES[1], STREAMED)
"""Two cases of one library, which a server without `MODEL_ID` loads by name, one after the other."""
