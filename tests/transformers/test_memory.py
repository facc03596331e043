"""What a call will take is known by the network's configuration, and refused before it is taken."""

from __future__ import annotations

import io
import re

import pytest
from PIL import Image

from ..limited import limited, refusal, silence

LIBRARY = "transformers"


def test_a_text_whose_attention_would_not_fit_is_told_how_long_it_may_be() -> None:
    with limited(LIBRARY, "text2text-generation", 200) as server:
        error = refusal(server.client.post("/", json={"inputs": "a " * 12_000}))
        fits = int(re.search(r"about ([\d,]+) would fit", error)[1].replace(",", ""))  # type: ignore[index]
        assert 1_000 < fits < 12_000
        answer = server.client.post("/", json={"inputs": "a " * (fits // 2), "parameters": {"max_new_tokens": 2}})
        assert answer.status_code == 200, answer.text
        tokens = int(answer.headers["x-compute-tokens"])
        assert fits // 3 < tokens <= fits


def test_vectors_of_many_tokens_are_refused_before_they_are_made() -> None:
    with limited(LIBRARY, "feature-extraction", 50) as server:
        error = refusal(server.client.post("/", json={"inputs": ["a " * 400] * 1024}))
        assert "send fewer of these 1,024 inputs" in error
        assert server.client.post("/", json={"inputs": "a"}).status_code == 200


@pytest.mark.parametrize("task", ["automatic-speech-recognition", "audio-classification"])
def test_a_recording_that_would_not_fit_is_refused_before_it_is_heard(task: str) -> None:
    with limited(LIBRARY, task, 400) as server:
        refusal(server.client.post("/", content=silence(1790)))
        answer = server.client.post("/", content=silence(45))
        assert answer.status_code == 200, answer.text


def picture(side: int) -> bytes:
    """A square of one colour, small until it is decoded."""
    file = io.BytesIO()
    Image.new("RGB", (side, side), (90, 120, 30)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("task", "parameters", "side"),
    [
        ("image-segmentation", {"subtask": "semantic"}, 5_500),
        ("depth-estimation", {}, 5_500),
        ("image-to-image", {}, 980),
    ],
)
def test_a_picture_whose_answer_would_not_fit_is_refused_before_it_is_drawn(
    task: str, parameters: dict[str, str], side: int
) -> None:
    with limited(LIBRARY, task, 250) as server:  # a picture of the larger size takes 182 MB to decode
        refusal(server.client.post("/", content=picture(side), params=parameters))
        answer = server.client.post("/", content=picture(300), params=parameters)
        assert answer.status_code == 200, answer.text


def test_a_text_whose_speech_would_not_fit_is_refused_before_it_is_said() -> None:
    with limited(LIBRARY, "text-to-speech", 100) as server:
        refusal(server.client.post("/", json={"inputs": "a long day " * 450}))
        answer = server.client.post("/", json={"inputs": "a long day"})
        assert answer.status_code == 200, answer.text
