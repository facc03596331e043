"""What the real voice says is what a real listener hears; both come in packages of the registry."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

import pytest
import soundfile
import soxr
from huggingface_hub import InferenceClient

from scripts.images import library

from ..conftest import tiny_model
from ..locked import environment
from ..servers import Server

LIBRARY, TASK = "hibari", "text-to-speech"
SAID = (
    "Hello there.",
    "The weather is nice today.",
    "The quick brown fox jumps over the lazy dog.",
    "Please call me at seven thirty. I will be at home.",
)
RATE = 16_000  # the listener's


@pytest.fixture(scope="module")
def real_model() -> Path:
    """The voice that the library's package carries."""
    return tiny_model(library(LIBRARY), TASK)


def heard(sounds: list[bytes], folder: Path) -> list[str]:
    """What the listener hears of each sound."""
    files = []
    for place, sound in enumerate(sounds):
        samples, rate = soundfile.read(io.BytesIO(sound), dtype="float32")
        files.append(folder / f"{place}.wav")
        soundfile.write(files[-1], soxr.resample(samples, rate, RATE), RATE, subtype="PCM_16")
    here = Path(__file__).parent
    python = environment(here / "listener.txt") / "python"
    command = [python, here / "listen.py", *files]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [str(text) for text in json.loads(told)]


def test_what_it_says_is_what_is_heard(served_real: Server, tmp_path: Path) -> None:
    client = InferenceClient(model=str(served_real.client.base_url))
    told = heard([client.text_to_speech(text) for text in SAID], tmp_path)
    assert told == [text.lower().replace(".", "") for text in SAID]


@pytest.mark.parametrize("text", ["-a" * 2500, "[" * 5000, "12 " * 1600, "a" * 5000])
def test_no_text_keeps_it_for_long(served_real: Server, text: str) -> None:
    assert served_real.client.post("/", json={"inputs": text}, timeout=50).status_code in (200, 400)


@pytest.mark.parametrize("text", ["日本", "$" * 50, "9" * 5000])
def test_what_it_cannot_read_is_refused(served_real: Server, text: str) -> None:
    answer = served_real.client.post("/", json={"inputs": text})
    assert answer.status_code == 400
    assert "This model can" in answer.json()["error"]
