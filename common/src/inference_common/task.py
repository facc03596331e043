"""What a task is: one value that says how a request becomes inputs and how an output becomes an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from .client import Client
from .schema import Schema, Schemas

VALUES, VALUES_PER_INPUT = 40_000, 16
In = TypeVar("In")
Out = TypeVar("Out")
P = TypeVar("P", bound="Params")
Out_contra = TypeVar("Out_contra", contravariant=True)
In_co = TypeVar("In_co", covariant=True)


class Params(BaseModel):
    """The parameters of a task. Frozen, so equal ones hash alike and share a batch; unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    together: ClassVar[Sequence[frozenset[str]]] = ()
    """Names of parameters that say one thing together: one that a caller sends replaces all that a card says of it."""

    def within(self, limits: Limits) -> Self:
        """These parameters under a server's limits: what may be lowered is, as `lowered` says. Raises InvalidRequest
        where they ask for more of what may not."""
        return self

    def lowered(self, limits: Limits) -> Sequence[str]:
        """What `within` lowers, each as a sentence for the header `x-warning`."""
        return ()


# The values made for each request are not frozen: all of them together took a fourteenth of a request without a model.
@dataclass(slots=True)
class Payload:
    """A request as it came: raw bytes, the media type when the caller named one, and raw parameters of the query."""

    body: bytes
    content_type: str | None = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BadPayload:
    """A payload that must be refused with `status`, by an error that holds the word `mentions`.

    `by_model` is whether it takes the model's own limits to see that it is bad.
    """

    payload: Payload
    status: int
    mentions: str
    by_model: bool = False


@dataclass(frozen=True)
class Limits:
    """How much one request may hold: `inputs` in texts, `characters` over all of them; `pixels` of one image or video
    frame, `seconds` of one audio or video. `new_tokens` is how much one answer may. `rate` is the sampling rate in Hz
    that the model listens at, `side` how many pixels of an image's shorter side it looks at (None: any), `image_mode`
    the mode of Pillow that it reads images in."""

    inputs: int
    characters: int
    pixels: int = 64_000_000
    seconds: float = 1800.0
    new_tokens: int = 2048
    rate: int | None = None
    side: int | None = None
    image_mode: str = "RGB"

    @property
    def values(self) -> int:
        """How many values the JSON of a request may hold: a few for each input, and the words and boxes of pages."""
        return max(VALUES, VALUES_PER_INPUT * self.inputs)


@dataclass(slots=True)
class Decoded(Generic[In_co]):
    """A request after decoding.

    `items` are the inputs, one per wanted output; `many` is whether the caller sent a list (and so gets one back);
    `params` are raw, not validated yet; `options` are the hosted API's (`use_cache`, `wait_for_model`, `use_gpu`).
    """

    items: Sequence[In_co]
    many: bool
    params: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class InputCodec(Protocol[In]):
    """Bytes to inputs.

    `extra` names the optional dependencies of this package that the codec imports (None: none); `batches` is whether
    a list of inputs is taken.
    """

    @property
    def extra(self) -> str | None: ...
    @property
    def batches(self) -> bool: ...

    def content(self, schemas: Schemas, params: type[Params]) -> Mapping[str, Schema]:
        """The JSON schema of a request's body by media type; `params` are the task's."""
        ...

    def decode(self, payload: Payload, limits: Limits) -> Decoded[In]:
        """Raises InvalidRequest (400), TooLarge (413) or UnsupportedMedia (415)."""
        ...

    def meter(self, items: Sequence[In]) -> Mapping[str, str]:
        """The `x-compute-*` headers that tell how much was sent."""
        ...


@dataclass(slots=True)
class Encoded:
    """An answer's body, its media type, and headers of its own."""

    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


class OutputCodec(Protocol[Out_contra]):
    """Outputs to bytes; `extra` as of InputCodec."""

    @property
    def extra(self) -> str | None: ...
    def content(self, schemas: Schemas, *, batches: bool) -> Mapping[str, Schema]:
        """The JSON schema of an answer's body by media type, as the current Python client reads it."""
        ...

    def encode(self, outputs: Sequence[Out_contra], client: Client, *, many: bool) -> Encoded:
        """The answer in the shape and media type that this client reads; without `many`, of the one output alone.

        Raises InvalidRequest for an `accept` that cannot be met.
        """
        ...


@dataclass(frozen=True)
class Asked:
    """What the events of a stream depend on besides its chunks."""

    params: Params
    client: Client
    model: str


Events = Callable[[Asked], Callable[[Any], Iterable[object]]]
"""Begins one stream: from then on, the events (values of JSON; a string as it is) of each chunk in turn."""


@dataclass(frozen=True)
class Task(Generic[In, P, Out]):
    """A task: codecs, parameters, and examples that the contract tests, the warm-up and the docs read.

    `good` are answered by every model and `bad` by none; `optional` by those that can, and the others refuse them as
    told. A task that has `events` is streamed to callers who set its parameter `stream`. `client` is an example of how
    huggingface_hub's InferenceClient asks it, for people to paste.
    """

    name: str
    input: InputCodec[In]
    params: type[P]
    output: OutputCodec[Out]
    good: Sequence[Payload]
    bad: Sequence[BadPayload]
    optional: Sequence[BadPayload] = ()
    events: Events | None = None
    client: str | None = None
