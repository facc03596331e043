"""What a recording or a text will take is known by its length, and refused before it is taken."""

from __future__ import annotations

import pytest

from ..limited import limited, refusal, silence


@pytest.mark.parametrize("task", ["audio-to-audio", "audio-classification", "voice-activity-detection"])
def test_a_recording_that_would_not_fit_is_refused_before_it_is_heard(task: str) -> None:
    with limited("speechbrain", task, 350) as server:
        refusal(server.client.post("/", content=silence(1790)))
        answer = server.client.post("/", content=silence(5))
        assert answer.status_code == 200, answer.text


def test_a_text_whose_speech_would_not_fit_is_refused_before_it_is_said() -> None:
    with limited("speechbrain", "text-to-speech", 100) as server:
        refusal(server.client.post("/", json={"inputs": "a long day " * 450}))
        answer = server.client.post("/", json={"inputs": "What a sunny day that is today!"})
        assert answer.status_code == 200, answer.text
