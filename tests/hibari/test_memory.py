"""What a text's speech will take is known by its length, and refused before it is taken."""

from __future__ import annotations

from ..limited import limited, refusal


def test_a_text_whose_speech_would_not_fit_is_refused_before_it_is_said() -> None:
    with limited("hibari", "text-to-speech", 100) as server:
        refusal(server.client.post("/", json={"inputs": "a long day " * 450}))
        answer = server.client.post("/", json={"inputs": "Hello there."})
        assert answer.status_code == 200, answer.text
