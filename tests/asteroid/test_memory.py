"""What a recording's sources will take is known by its length, and refused before it is taken."""

from __future__ import annotations

from ..limited import limited, refusal, silence


def test_a_recording_whose_sources_would_not_fit_is_refused_before_they_are_made() -> None:
    with limited("asteroid", "audio-to-audio", 300) as server:
        refusal(server.client.post("/", content=silence(1790)))
        answer = server.client.post("/", content=silence(5))
        assert answer.status_code == 200, answer.text
