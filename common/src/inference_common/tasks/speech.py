"""Tasks that make text of speech, and tell when somebody speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NotRequired, Self

from pydantic import Field, StrictBool
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.audio import AUDIO_INPUT, Audio
from ..codecs.json import JsonOutput
from ..pipeline import Pipeline
from ..samples import as_json, sample
from ..task import BadPayload, Limits, Params, Payload, Task
from .audio import M4A, NOT_AUDIO, WAV
from .decoding import LENGTHS, GenerationParameters, nested_lowered, nested_within

Timestamps = StrictBool | Literal["word", "char"]


class RecognitionGenerationParameters(GenerationParameters):
    """How a transcript is generated; `language` and `task` are those of models of many languages."""

    language: str | None = Field(default=None, max_length=64, description="the language spoken: french, or fr")
    task: Literal["transcribe", "translate"] | None = Field(default=None, description="translate: into English")


class RecognitionParams(Params):
    """Of automatic-speech-recognition; `None` leaves a choice to the model."""

    together = LENGTHS
    return_timestamps: Timestamps | None = Field(
        default=None,
        description="tell when each part was said: true for the parts that the model makes, or each word, or character",
    )
    generation_parameters: RecognitionGenerationParameters | None = Field(
        default=None, description="how the transcript is generated, where the model generates one"
    )

    def within(self, limits: Limits) -> Self:
        return nested_within(self, limits)

    def lowered(self, limits: Limits) -> Sequence[str]:
        return nested_lowered(self, limits)

    @property
    def asked(self) -> dict[str, object]:
        """What the caller did say of how the transcript is generated, by name."""
        return {} if self.generation_parameters is None else self.generation_parameters.asked


class Chunk(TypedDict):
    """A part of a transcript; `timestamp` is its begin and end in seconds, an end that was not heard is null."""

    text: str
    timestamp: tuple[float, float | None]


class Transcript(TypedDict):
    """What was said; `chunks` where timestamps were asked for."""

    text: str
    chunks: NotRequired[list[Chunk]]


# The wire's key is a word that Python keeps to itself.
Segment = TypedDict("Segment", {"class": str, "start": float, "end": float})
"""Somebody (`class`) speaks from `start` to `end`, in seconds."""

AutomaticSpeechRecognition = Pipeline[Audio, RecognitionParams, Transcript]
SpeechSegmentation = Pipeline[Audio, Params, list[Segment]]

AUTOMATIC_SPEECH_RECOGNITION = Task[Audio, RecognitionParams, Transcript](
    name="automatic-speech-recognition",
    input=AUDIO_INPUT,
    params=RecognitionParams,
    output=JsonOutput(Transcript),
    good=(
        Payload(sample("audio.flac"), "audio/flac"),
        Payload(WAV, None),
        Payload(sample("audio.webm"), "audio/webm;codecs=opus"),
        Payload(M4A, "audio/mp4", {"return_timestamps": "false"}),
        as_json("audio.flac"),
        as_json("audio.ogg", parameters={"return_timestamps": False}),
    ),
    optional=(
        BadPayload(Payload(M4A, "audio/mp4", {"return_timestamps": "true"}), 400, "return_timestamps"),
        BadPayload(as_json("audio.flac", parameters={"return_timestamps": True}), 400, "return_timestamps"),
        BadPayload(as_json("audio.ogg", parameters={"return_timestamps": "word"}), 400, "return_timestamps"),
    ),
    bad=(
        *NOT_AUDIO,
        BadPayload(as_json("audio.wav", parameters={"return_timestamps": "sentence"}), 400, "return_timestamps"),
        BadPayload(as_json("audio.wav", parameters={"return_timestamps": 1}), 400, "return_timestamps"),
        BadPayload(as_json("audio.wav", parameters={"chunk_length_s": 10}), 400, "chunk_length_s"),
        BadPayload(as_json("audio.wav", parameters={"generation_parameters": {"temperatur": 1}}), 400, "temperatur"),
        BadPayload(as_json("audio.wav", parameters={"generation_parameters": {"top_p": 2.0}}), 400, "top_p"),
        BadPayload(
            as_json("audio.wav", parameters={"generation_parameters": {"min_new_tokens": 10**6}}), 400, "tokens"
        ),
        BadPayload(as_json("audio.wav", parameters={"generation_parameters": 7}), 400, "generation_parameters"),
        BadPayload(as_json("audio.wav", return_timestamps=True), 400, "parameters"),
    ),
)

SEGMENTS = JsonOutput[list[Segment]](list[Segment])
TALKED = (
    Payload(sample("audio.flac"), "audio/flac"),
    Payload(WAV, None),
    as_json("audio.ogg"),
    as_json("audio.webm", parameters={}),
)
NOT_TALKED = (*NOT_AUDIO, BadPayload(as_json("audio.wav", parameters={"threshold": 0.5}), 400, "threshold"))

SPEECH_SEGMENTATION = Task[Audio, Params, list[Segment]](
    name="speech-segmentation", input=AUDIO_INPUT, params=Params, output=SEGMENTS, good=TALKED, bad=NOT_TALKED
)

# The two kinds of it, by the names that models have on the Hub: when anybody speaks, and when who does.
VOICE_ACTIVITY_DETECTION = Task[Audio, Params, list[Segment]](
    name="voice-activity-detection", input=AUDIO_INPUT, params=Params, output=SEGMENTS, good=TALKED, bad=NOT_TALKED
)
SPEAKER_DIARIZATION = Task[Audio, Params, list[Segment]](
    name="speaker-diarization", input=AUDIO_INPUT, params=Params, output=SEGMENTS, good=TALKED, bad=NOT_TALKED
)
