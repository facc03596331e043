"""Tasks that write another text of a text: summarization, translation, and text2text-generation, which is any."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.json import JsonOutput
from ..codecs.text import TextInput
from ..pipeline import Pipeline
from ..task import BadPayload, Payload, Task
from .decoding import GeneratedText, GenerationParameters, asked_once

Truncation = Literal["do_not_truncate", "longest_first", "only_first", "only_second"]
Language = Annotated[str, Field(min_length=1, max_length=64)]


class RewritingParameters(GenerationParameters):
    """How a text is generated of another one; `None` leaves a choice to the model."""

    repetition_penalty: float | None = Field(default=None, gt=0, le=100, description="1 is none")
    no_repeat_ngram_size: int | None = Field(default=None, ge=0, le=100, description="say so many tokens only once")
    length_penalty: float | None = Field(default=None, ge=-10, le=10, description="above 0, beams favour longer texts")
    max_time: float | None = Field(default=None, gt=0, le=120, description="seconds after which a text is cut off")


class Seq2SeqParams(RewritingParameters):
    """Of each of these tasks: how the text is generated, here or in `generate_parameters`."""

    clean_up_tokenization_spaces: bool | None = Field(default=None, description="take out spaces before punctuation")
    truncation: Truncation = Field(
        default="do_not_truncate", description="cut off what the model does not read, rather than refuse it"
    )
    generate_parameters: RewritingParameters | None = Field(default=None, description="how the text is generated")

    @model_validator(mode="after")
    def _says_it_once(self) -> Self:
        asked_once(self, self.generate_parameters, RewritingParameters)
        return self

    @property
    def asked(self) -> dict[str, object]:
        """What the caller did say of how the text is generated, by name."""
        return asked_once(self, self.generate_parameters, RewritingParameters)

    @property
    def truncates(self) -> bool:
        """Whether what is too long is cut off."""
        return self.truncation != "do_not_truncate"


class TranslationParams(Seq2SeqParams):
    """Of translation; a model of two languages needs no names of them."""

    src_lang: Language | None = Field(default=None, description="the text's language, as the model names it")
    tgt_lang: Language | None = Field(default=None, description="the language to translate into, as the model names it")


class Summary(TypedDict):
    """A shorter text."""

    summary_text: str


class TranslatedText(TypedDict):
    """The text in another language."""

    translation_text: str


TEXT = TextInput(
    TypeAdapter(Annotated[str, Field(pattern=r"\S")], config=ConfigDict(strict=True)),
    texts=lambda text: (text,),
    raw=str,
)
ARTICLE = b"The dog and the cat are happy today. What a sunny day that is, and I love you like the cat in Paris."


GOOD = (
    Payload(b'{"inputs": "%b", "parameters": {"max_new_tokens": 5}}' % ARTICLE),
    Payload(b'{"inputs": ["%b", "a happy dog"], "parameters": {"max_length": 6}}' % ARTICLE),
    Payload(
        b'{"inputs": "a happy dog", "parameters": {"clean_up_tokenization_spaces": true, "truncation": "only_first",'
        b' "generate_parameters": {"num_beams": 2, "max_new_tokens": 4, "no_repeat_ngram_size": 2}}}'
    ),
    Payload(
        b'{"inputs": "a cat", "parameters": {"do_sample": true, "temperature": 1.5, "top_k": 5, "num_beams": 1,'
        b' "repetition_penalty": 1.2, "max_new_tokens": 4, "max_time": 60}}'
    ),
    Payload(b'{"inputs": "%b", "parameters": {"truncation": "longest_first"}}' % (ARTICLE * 40)),
    Payload(b"a happy dog", "text/plain", {"max_new_tokens": "4"}),
)


def _parameters(parameters: bytes) -> Payload:
    return Payload(b'{"inputs": "a cat", "parameters": {%b}}' % parameters)


BAD = (
    BadPayload(Payload(b""), 400, "empty"),
    BadPayload(Payload(b'{"inputs": 7}'), 400, "inputs"),
    BadPayload(Payload(b'{"inputs": " "}'), 400, "inputs"),
    BadPayload(Payload(b'{"inputs": "a cat", "max_length": 5}'), 400, "parameters"),
    BadPayload(_parameters(b'"length": 5'), 400, "max_length"),
    BadPayload(_parameters(b'"truncation": "some"'), 400, "truncation"),
    BadPayload(_parameters(b'"min_new_tokens": 1000000'), 400, "at most"),
    BadPayload(_parameters(b'"generate_parameters": {"min_length": 1000000}'), 400, "at most"),
    BadPayload(_parameters(b'"min_length": 7, "max_length": 6'), 400, "min_length", by_model=True),
    BadPayload(_parameters(b'"min_new_tokens": 7, "max_new_tokens": 6'), 400, "min_new_tokens", by_model=True),
    BadPayload(_parameters(b'"generate_parameters": {"beams": 2}'), 400, "beams"),
    BadPayload(_parameters(b'"num_beams": 2, "generate_parameters": {"num_beams": 2}'), 400, "send it once"),
    BadPayload(_parameters(b'"temperature": 0'), 400, "temperature"),
)

Summarization = Pipeline[str, Seq2SeqParams, Summary]
Text2TextGeneration = Pipeline[str, Seq2SeqParams, GeneratedText]
Translation = Pipeline[str, TranslationParams, TranslatedText]

SUMMARIZATION = Task[str, Seq2SeqParams, Summary](
    name="summarization",
    input=TEXT,
    params=Seq2SeqParams,
    output=JsonOutput(Summary, listed=lambda client: True),
    good=GOOD,
    bad=BAD,
)

TRANSLATION = Task[str, TranslationParams, TranslatedText](
    name="translation",
    input=TEXT,
    params=TranslationParams,
    output=JsonOutput(TranslatedText, listed=lambda client: True),
    good=GOOD,
    bad=(
        *BAD,
        BadPayload(_parameters(b'"tgt_lang": ""'), 400, "tgt_lang"),
        BadPayload(_parameters(b'"target": "fr"'), 400, "tgt_lang"),
    ),
)

TEXT2TEXT_GENERATION = Task[str, Seq2SeqParams, GeneratedText](
    name="text2text-generation",
    input=TEXT,
    params=Seq2SeqParams,
    output=JsonOutput(GeneratedText, listed=lambda client: True),
    good=(
        Payload(b'{"inputs": "a happy dog"}'),
        Payload(b'{"inputs": ["a happy dog", "a cat"]}'),
        Payload(b"a happy dog", "text/plain"),
    ),
    bad=BAD,
    # Networks that spell a text in another alphabet generate nothing.
    optional=tuple(BadPayload(payload, 400, "leave them out") for payload in GOOD),
)
