"""What chat asks: messages, and OpenAI's parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from .generation import Stops, TextGenerationParams, new_tokens, too_many, unserved
from .task import Limits, Params

NO_TOOLS = "tools are not served here; leave out tools, or send tool_choice: none"


class TextPart(BaseModel):
    """A part of a message: text, the only kind that is read here."""

    model_config = ConfigDict(frozen=True, strict=True)
    type: Literal["text"]
    text: str


class Address(BaseModel):
    """Where an image is: in its own words, as a `data:` URI, since nothing is fetched."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    url: str


class ImagePart(BaseModel):
    """A part of a message: an image."""

    model_config = ConfigDict(frozen=True, strict=True)
    type: Literal["image_url"]
    image_url: Address


Content = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[TextPart], Tag("parts")],
    Discriminator(lambda value: "parts" if isinstance(value, list) else "text"),
]


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]
PicturedContent = Annotated[
    Annotated[str, Tag("text")] | Annotated[list[Part], Tag("parts")],
    Discriminator(lambda value: "parts" if isinstance(value, list) else "text"),
]


class Turn(BaseModel):
    """Who speaks; what else it holds (a name, say) goes to the model's chat template as it is."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)
    role: str = Field(min_length=1, max_length=64)


class Message(Turn):
    """One turn of text."""

    content: Content | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        if isinstance(self.content, list):
            return "".join(part.text for part in self.content)
        return self.content or ""


class PicturedMessage(Turn):
    """One turn that may hold images."""

    content: PicturedContent | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))

    @property
    def parts(self) -> Sequence[TextPart | ImagePart]:
        """What it holds, in order."""
        return self.content if isinstance(self.content, list) else [TextPart(type="text", text=self.content or "")]


@dataclass(frozen=True)
class Chat:
    """A conversation so far: `role`, `content` as one text, and whatever else each message holds.

    Where images may be sent, `content` is a list of parts, as chat templates read them ({"type": "image"}, or a text),
    and `images` are those, mode RGB, in the order of their parts. `prompt` is what the model's chat template makes of
    the messages, once it has been rendered.
    """

    messages: Sequence[Mapping[str, Any]]
    images: Sequence[Any] = ()
    prompt: str | None = None


class StreamOptions(BaseModel):
    """Of a stream: `include_usage` tells the tokens used in a last event."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    include_usage: bool | None = None


class ResponseFormat(BaseModel):
    """How an answer is written: as text, the only way that is served here."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    type: Literal["text"]


Unused = Annotated[str | None, Field(description="not used: a server holds one model and knows no users")]
Penalty = Annotated[float | None, Field(ge=-2, le=2)]


class OpenAIParams(Params):
    """What both of OpenAI's ways to generate take; what cannot be served is refused by its name."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    model: Unused = None
    user: Unused = None
    max_tokens: int | None = Field(default=None, gt=0, description="most tokens to generate")
    temperature: float | None = Field(default=None, ge=0, le=100, description="0 takes the likeliest token each time")
    top_p: float | None = Field(default=None, gt=0, le=1, description="sample among tokens of so much probability")
    frequency_penalty: Penalty = None
    presence_penalty: Penalty = None
    seed: int | None = Field(default=None, ge=0, lt=2**63, description="makes sampling repeatable")
    stop: Stops | None = Field(default=None, description="texts that end the answer, which holds none of them")
    stream: bool | None = Field(default=None, description="answer token by token, as server-sent events")
    stream_options: StreamOptions | None = None
    n: Annotated[int | None, unserved("only one answer is generated; leave out n", 1)] = None
    logit_bias: Annotated[Any, unserved("logit_bias is not served; leave it out", {}, [])] = None

    def common(self) -> dict[str, Any]:
        """The parameters of text-generation that mean the same."""
        names = ("top_p", "frequency_penalty", "presence_penalty", "seed", "stop", "stream")
        raw = {name: getattr(self, name) for name in names} | {"max_new_tokens": self.max_tokens}
        likeliest = {"do_sample": False, "top_p": None}
        return raw | (likeliest if self.temperature == 0 else {"temperature": self.temperature})


class ChatParams(OpenAIParams):
    """Of chat-completion; `None` leaves a choice to the model's own generation config."""

    together = (frozenset({"max_tokens", "max_completion_tokens"}),)
    max_completion_tokens: int | None = Field(default=None, gt=0, description="the newer name of max_tokens")
    logprobs: bool | None = Field(default=None, description="tell each token's log-probability")
    top_logprobs: int | None = Field(default=None, ge=0, le=20, description="with logprobs, the likeliest of each step")
    response_format: ResponseFormat | None = None
    tools: Annotated[Any, unserved(NO_TOOLS, [])] = None
    tool_choice: Annotated[Any, unserved(NO_TOOLS, "none", "auto")] = None
    tool_prompt: Annotated[str | None, unserved(NO_TOOLS)] = None
    reasoning_effort: Annotated[str | None, unserved("reasoning_effort is not served; leave it out", "none")] = None

    def within(self, limits: Limits) -> Self:
        most = new_tokens(self.most_tokens, limits)
        return self.model_copy(update={"max_tokens": most, "max_completion_tokens": None})

    def lowered(self, limits: Limits) -> Sequence[str]:
        return too_many(self.most_tokens, limits)

    @property
    def most_tokens(self) -> int | None:
        """The most tokens to generate, by either name; None where the caller does not say."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens

    def generation(self) -> TextGenerationParams:
        """The same, in the words of text-generation."""
        top = self.top_logprobs if self.logprobs else None
        return TextGenerationParams(**self.common(), details=self.logprobs, top_n_tokens=top)
