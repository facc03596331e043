"""The task that goes on with a text: text-generation."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter

from ..codecs import tgi
from ..codecs.text import TextInput
from ..generation import Generation, TextGenerationParams
from ..pipeline import Pipeline
from ..task import BadPayload, Payload, Task

TextGeneration = Pipeline[str, TextGenerationParams, Generation]


def _refused(name: bytes, value: bytes) -> BadPayload:
    return BadPayload(Payload(b'{"inputs": "a cat", "parameters": {"%b": %b}}' % (name, value)), 400, name.decode())


TEXT_GENERATION = Task[str, TextGenerationParams, Generation](
    name="text-generation",
    client='text_generation("a happy person", max_new_tokens=20)',
    input=TextInput(
        TypeAdapter(Annotated[str, Field(min_length=1)], config=ConfigDict(strict=True)),
        texts=lambda text: (text,),
        raw=str,
        root=frozenset({"stream"}),
    ),
    params=TextGenerationParams,
    output=tgi.OUTPUT,
    events=tgi.events,
    good=(
        Payload(b'{"inputs": "a happy person", "parameters": {"max_new_tokens": 4}}'),
        Payload(b'{"inputs": ["a happy person", "the dog"], "parameters": {"max_new_tokens": 4}}'),
        Payload(
            b'{"inputs": "a cat", "stream": false, "parameters": {"max_new_tokens": 3, "details": true,'
            b' "decoder_input_details": true, "top_n_tokens": 2, "return_full_text": true, "watermark": false}}'
        ),
        Payload(
            b'{"inputs": "a cat", "parameters": {"max_new_tokens": 3, "temperature": 0.7, "top_k": 5, "top_p": 0.9,'
            b' "typical_p": 0.9, "seed": 7, "repetition_penalty": 1.1, "frequency_penalty": 0.1, "stop": ["."],'
            b' "truncate": 2, "best_of": 1}}'
        ),
        Payload(b"a happy person", "text/plain", {"max_new_tokens": "4"}),
    ),
    bad=(
        BadPayload(Payload(b""), 400, "empty"),
        BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
        BadPayload(Payload(b'{"inputs": ""}'), 400, "at least 1 character"),
        BadPayload(Payload(b'{"inputs": "a cat", "max_new_tokens": 3}'), 400, "parameters"),
        BadPayload(Payload(b'{"inputs": "a cat", "parameters": {"max_tokens": 3}}'), 400, "max_new_tokens"),
        BadPayload(
            Payload(b'{"inputs": "a cat", "stream": true, "parameters": {"decoder_input_details": true}}'),
            400,
            "decoder_input_details",
        ),
        _refused(b"max_new_tokens", b"0"),
        _refused(b"temperature", b"0"),
        _refused(b"top_p", b"1.5"),
        _refused(b"top_k", b"true"),
        _refused(b"seed", b"-1"),
        _refused(b"stop", b'["a", "b", "c", "d", "e"]'),
        _refused(b"best_of", b"2"),
        _refused(b"watermark", b"true"),
        _refused(b"adapter_id", b'"some"'),
        _refused(b"grammar", b'{"type": "regex", "value": "a"}'),
    ),
)
