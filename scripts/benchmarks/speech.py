"""Speech recognition: ours and faster-whisper on the same weights, in seconds of audio for each second."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from . import models, workloads
from .embedding_peers import peer
from .figures import Row
from .paired import paired
from .scenario import Effort, Scenario, Tell
from .servers import PEERS, QUIET, ours
from .targets import Command, Server


def faster_whisper(compute_type: str, port: int) -> Command:
    """The server of peers/whisper.py."""
    arguments: list[str | Path] = [PEERS / "whisper.py", models.whisper_ctranslate2(), str(port), compute_type]
    return Command([peer("faster-whisper"), *arguments], PEERS, QUIET)


def speech(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """Paired runs, whose rows also have the `speed`: seconds of audio transcribed in a second."""
    rows = paired(scenario, effort, tell)
    return [{**row, "speed": float(row["rate"]) * workloads.SPEECH_SECONDS} for row in rows]


OURS = Server(
    "ours", partial(ours, "transformers", "automatic-speech-recognition", models.whisper), workloads.speech,
    content_type="audio/wav",
)  # fmt: skip
FLOAT32 = replace(OURS, name="faster-whisper, float32", start=partial(faster_whisper, "float32"))
INT8 = replace(OURS, name="faster-whisper, int8", start=partial(faster_whisper, "int8"))
