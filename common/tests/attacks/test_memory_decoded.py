"""Small files that are large once decoded, and answers larger than what was asked."""

from __future__ import annotations

import base64
import io
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from inference_common.testing.hostile import png_bomb
from toys.attackers import good_caller, held_bytes, post_together, serve_large
from toys.started import MIB, Start
from toys.waiting import until

HOUR = 3600  # seconds


def silence(seconds: int, rate: int, form: str) -> bytes:
    """A recording of silence, 16 bits."""
    file = io.BytesIO()
    soundfile.write(file, np.zeros(seconds * rate, np.int16), rate, format=form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("task", "attack", "good"),
    [
        ("image-classification", png_bomb(4_000), png_bomb(100)),
        ("automatic-speech-recognition", silence(HOUR // 4, 16_000, "FLAC"), silence(1, 16_000, "FLAC")),
    ],
    ids=["images", "recordings"],
)
def test_what_is_large_once_decoded_is_refused_while_memory_is_full(
    start: Start, folder: Path, task: str, attack: bytes, good: bytes
) -> None:
    server, url = serve_large(start, folder, task)
    before = server.resident()
    with good_caller(url, content=good) as statuses:
        answers = post_together(url, [attack] * 30)
    counted = Counter(answer.status_code for answer in answers)
    assert set(counted) == {200, 429}, [answer.text for answer in answers]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)
    assert set(statuses) == {200}
    until(lambda: held_bytes(url) < MIB)
    until(lambda: server.resident() < before + 100 * MIB)


def test_what_alone_takes_more_than_the_budget_is_told_so(start: Start, folder: Path) -> None:
    server, url = serve_large(start, folder, "image-classification")
    bomb = png_bomb(8_000)
    for body in (bomb, b'"' + base64.b64encode(bomb) + b'"'):
        answers = post_together(url, [body] * 30)
        assert {answer.status_code for answer in answers} == {413}
        assert "MAX_REQUEST_MEMORY_MIB" in answers[0].json()["error"]
    assert server.process.poll() is None


def test_answers_are_held_before_they_are_made(start: Start, folder: Path) -> None:
    server, url = serve_large(start, folder, "feature-extraction")
    with good_caller(url, json={"inputs": "a"}) as statuses:
        told = httpx.post(url, json={"inputs": ["a" * 1000] * 1000}, timeout=30)
        long = httpx.post(url, json={"inputs": "a" * 100_000}, timeout=30)
    assert (told.status_code, long.status_code) == (413, 413)
    assert "send fewer of these 1,000 inputs" in told.json()["error"]
    assert "has 100,000 tokens, and about 15,360 would fit" in long.json()["error"]
    assert set(statuses) == {200}
    assert server.process.poll() is None


def test_answers_that_no_pipeline_foretold_are_held_before_they_are_written(start: Start, folder: Path) -> None:
    (folder / "model").mkdir()
    (folder / "model" / "silent").touch()
    server, url = serve_large(start, folder, "feature-extraction")
    answer = httpx.post(url, json={"inputs": "a" * 60_000}, timeout=30)
    assert (answer.status_code, httpx.post(url, json={"inputs": "a"}).status_code) == (413, 200)
    assert server.process.poll() is None
