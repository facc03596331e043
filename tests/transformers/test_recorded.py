"""Our answers are those that the pipelines of transformers 4.57.6 gave on the same tiny models; see record.py."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from inference_common.samples import sample
from inference_common.tasks import TASKS
from PIL import Image

from scripts.images import library

from ..conftest import tiny_model
from ..servers import Server, start_process

RECORDED = {file.stem: file for file in sorted((Path(__file__).parent / "recorded").glob("*.json"))}
CLOSE = 1e-4
GREY_LEVELS = 1  # of 255: how far a pixel may be off


@pytest.mark.applies(when=lambda task: task in RECORDED)
def test_answers_are_those_recorded(served: Server) -> None:
    assert_as_recorded(served, RECORDED[served.task])


@pytest.mark.parametrize("other_model", [name for name in RECORDED if name not in TASKS])
def test_answers_of_other_models_are_those_recorded(other_model: str) -> None:
    known, task = library("transformers"), json.loads(RECORDED[other_model].read_text())["task"]
    server = start_process(known, task, str(tiny_model(known, other_model)))
    assert_as_recorded(server, RECORDED[other_model])
    server.client.close()
    assert server.stop() == 0


def assert_as_recorded(server: Server, file: Path) -> None:
    recorded = json.loads(file.read_text(encoding="utf-8"))
    assert recorded["calls"]
    for call in recorded["calls"]:
        asked = {"inputs": encoded(call["inputs"]), "parameters": call.get("parameters", {})}
        answer = server.client.post("/", json=asked, headers=recorded.get("headers", {}))
        assert answer.status_code == 200, (asked, answer.text)
        assert_like(unwrapped(read(answer.content, answer.headers["content-type"])), unwrapped(call["answer"]))


def encoded(inputs: Any) -> Any:
    """The inputs as our servers take them: samples in base64."""
    if isinstance(inputs, dict) and "sample" in inputs:
        body = sample(inputs["sample"])
        return base64.b64encode(repeated(body, inputs["times"]) if "times" in inputs else body).decode()
    if isinstance(inputs, dict):
        return {name: encoded(value) for name, value in inputs.items()}
    return [encoded(value) for value in inputs] if isinstance(inputs, list) else inputs


def repeated(body: bytes, times: int) -> bytes:
    """An audio file of another one's sound, so many times."""
    waves, rate = soundfile.read(io.BytesIO(body), dtype="int16")
    written = io.BytesIO()
    soundfile.write(written, np.tile(waves, times), rate, format="FLAC")
    return written.getvalue()


def read(body: bytes, media: str) -> Any:
    """An answer as record.py writes one: JSON, an image, or an audio."""
    if media.startswith("image/"):
        return base64.b64encode(body).decode()
    if media.startswith("audio/"):
        waves, rate = soundfile.read(io.BytesIO(body), dtype="float32")
        return {"audio": waves.tolist(), "sampling_rate": rate}
    return json.loads(body)


def unwrapped(answer: Any) -> Any:
    """What a list of one holds: whether one answer stands in a list is the client's matter."""
    while isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    return answer


def assert_like(ours: Any, theirs: Any, at: str = "answer") -> None:
    """Everything that was recorded is there, and near to it."""
    if isinstance(theirs, dict) and set(theirs) == {"png"}:
        np.testing.assert_allclose(pixels(ours), pixels(theirs["png"]), rtol=0, atol=GREY_LEVELS, err_msg=at)
    elif isinstance(theirs, dict):
        assert isinstance(ours, dict), at
        for name in theirs:
            assert_like(ours.get(name), theirs[name], f"{at}.{name}")  # null may be told by leaving it out
    elif isinstance(theirs, list):
        assert isinstance(ours, list), at
        assert len(ours) == len(theirs), at
        for n, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_like(one, other, f"{at}.{n}")
    elif isinstance(theirs, float):
        assert ours == pytest.approx(theirs, abs=CLOSE), at
    else:
        assert ours == theirs, at


def pixels(encoded_image: str) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(base64.b64decode(encoded_image))) as image:
        return np.asarray(image.convert("RGBA"), dtype=np.float32)
