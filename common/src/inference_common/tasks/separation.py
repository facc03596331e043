"""Tasks that make sounds of a sound: audio-to-audio (a cleaner one, or the sources that are in it)."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..client import Client
from ..codecs.accept import chosen
from ..codecs.audio import AUDIO_INPUT, Audio
from ..codecs.audio_output import ENCODING_BYTES, FORMATS, encoded
from ..codecs.json import dumped
from ..pipeline import Pipeline
from ..samples import as_json, sample
from ..schema import Schema, Schemas
from ..task import BadPayload, Encoded, Params, Payload, Task
from .audio import NOT_AUDIO, WAV

SOURCE_BYTES = 20
"""Of memory for each sample of a source that is made: in floats twice, then as a file in base64, twice too. The most
that tracemalloc saw of `in_windows`, `sources` and SourcesOutput together, of 1 to 3 sources in FLAC and WAV: 19."""

# One of the wire's keys is no name that Python takes.
SourceAnswer = TypedDict("SourceAnswer", {"label": str, "blob": str, "content-type": str})
"""A sound by its label: a file in base64, and its media type."""


@dataclass(frozen=True, eq=False)
class Source:
    """One of the sounds that were made: `audio` is as a model gives it."""

    label: str
    audio: Audio


@dataclass(frozen=True)
class SourcesOutput:
    """JSON with a file for each sound: FLAC, unless `accept` asks for another; `x-compute-audio-length` tells the
    seconds of all of them, `x-warning` where samples had to be changed to fit a file."""

    extra: str | None = "audio"

    def content(self, schemas: Schemas, *, batches: bool) -> Mapping[str, Schema]:
        return {"application/json": schemas.of(list[SourceAnswer], "serialization")}

    def encode(self, outputs: Sequence[Sequence[Source]], client: Client, *, many: bool) -> Encoded:
        (sources,) = outputs
        media = chosen(client.accept, tuple(FORMATS))
        files = [encoded(source.audio, media) for source in sources]
        told = [
            {"label": source.label, "blob": base64.b64encode(file.body).decode(), "content-type": media}
            for source, file in zip(sources, files, strict=True)
        ]
        seconds = sum(source.audio.seconds for source in sources)
        warnings = dict.fromkeys(file.headers["x-warning"] for file in files if "x-warning" in file.headers)
        warned = {"x-warning": "; ".join(warnings)} if warnings else {}
        return Encoded(dumped(told).body, "application/json", {"x-compute-audio-length": f"{seconds:.3f}", **warned})


def sources(made: npt.NDArray[np.floating], rate: int, labels: Sequence[str] | None = None) -> list[Source]:
    """Sounds of shape (sources, frames) by their labels (None: label_0, label_1, ...), each at the level that the
    network gave it; only where any would pass full scale, all of them are lowered alike."""
    lowered = made / max(1.0, float(np.abs(made).max(initial=0.0)))
    named = labels or [f"label_{place}" for place in range(len(made))]
    return [Source(label, Audio(one, rate)) for label, one in zip(named, lowered, strict=True)]


def sources_memory(frames: int, count: int) -> int:
    """Bytes of memory that `count` sources of so many frames take until their answer is written."""
    return frames * (count * SOURCE_BYTES + ENCODING_BYTES)


AudioToAudio = Pipeline[Audio, Params, list[Source]]

GOOD = (
    Payload(sample("audio.flac"), "audio/flac"),
    Payload(WAV, None),
    Payload(sample("audio.webm"), "audio/webm;codecs=opus"),
    as_json("audio.ogg"),
    as_json("audio.m4a", parameters={}),
)
BAD = (*NOT_AUDIO, BadPayload(as_json("audio.wav", parameters={"sources": 2}), 400, "sources"))

AUDIO_TO_AUDIO = Task[Audio, Params, list[Source]](
    name="audio-to-audio", input=AUDIO_INPUT, params=Params, output=SourcesOutput(), good=GOOD, bad=BAD
)

# Its old name, where each sound is a source that was heard in the given one.
AUDIO_SOURCE_SEPARATION = Task[Audio, Params, list[Source]](
    name="audio-source-separation", input=AUDIO_INPUT, params=Params, output=SourcesOutput(), good=GOOD, bad=BAD
)
