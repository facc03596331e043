"""Tasks that make sound of a text: text-to-speech, text-to-audio."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from ..codecs.audio import Audio
from ..codecs.audio_output import AudioOutput
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Payload, Task
from .decoding import GenerationParameters, asked_once

LONGEST = 5000
"""Characters of a text: about six minutes of speech, which is made at once."""


class TextToAudioParams(GenerationParameters):
    """Of each of these tasks: how the sound is generated, here or in `generation_parameters`."""

    generation_parameters: GenerationParameters | None = Field(default=None, description="how the sound is generated")

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        asked_once(self, self.generation_parameters, GenerationParameters)
        return self

    @property
    def asked(self) -> dict[str, object]:
        """What the caller did say of how the sound is generated, by name."""
        return asked_once(self, self.generation_parameters, GenerationParameters)


TextToSpeech = Pipeline[str, TextToAudioParams, Audio]
TextToAudio = Pipeline[str, TextToAudioParams, Audio]

TEXT = TextInput(
    TypeAdapter(Annotated[str, Field(pattern=r"\S", max_length=LONGEST)], config=ConfigDict(strict=True)),
    texts=lambda text: (text,),
    raw=str,
    batches=False,
)
GOOD = (
    Payload(b'{"inputs": "a happy person"}'),
    Payload(b'{"inputs": "What a sunny day that is today!", "parameters": {}}'),
    Payload(b'{"inputs": "a happy person", "parameters": {"generation_parameters": null}}'),
    Payload(b"a happy person", "text/plain"),
)
GENERATED = (
    Payload(b'{"inputs": "a happy dog", "parameters": {"max_new_tokens": 12}}'),
    Payload(
        b'{"inputs": "a happy dog", "parameters": {"generation_parameters": {"do_sample": true, "temperature": 0.9,'
        b' "top_k": 20, "max_new_tokens": 8}}}'
    ),
)
BAD = (
    BadPayload(Payload(b""), 400, "empty"),
    BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
    BadPayload(Payload(b'{"inputs": "   "}'), 400, "inputs"),
    BadPayload(Payload(b'{"inputs": ["a", "b"]}'), 400, "inputs"),
    BadPayload(Payload(b'{"inputs": "%b"}' % (b"a" * (LONGEST + 1))), 400, "5000"),
    BadPayload(Payload(b'{"inputs": "a", "parameters": {"voice": "anna"}}'), 400, "generation_parameters"),
    BadPayload(Payload(b'{"inputs": "a", "parameters": {"min_new_tokens": 1000000}}'), 400, "at most"),
    BadPayload(Payload(b'{"inputs": "a", "parameters": {"generation_parameters": {"top_p": 2}}}'), 400, "top_p"),
    BadPayload(
        Payload(b'{"inputs": "a", "parameters": {"top_k": 5, "generation_parameters": {"top_k": 5}}}'),
        400,
        "send it once",
    ),
)

TEXT_TO_SPEECH = Task[str, TextToAudioParams, Audio](
    name="text-to-speech", input=TEXT, params=TextToAudioParams, output=AudioOutput(), good=GOOD, bad=BAD
)

# Music and sounds, whose models generate tokens of sound; those of speech may do so too, but most do not.
TEXT_TO_AUDIO = Task[str, TextToAudioParams, Audio](
    name="text-to-audio",
    input=TEXT,
    params=TextToAudioParams,
    output=AudioOutput(),
    good=(*GOOD, *GENERATED),
    bad=BAD,
)
