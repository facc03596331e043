"""Pipeline: the only thing the author of an image writes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, Self

from .device import Device as Device
from .source import ModelSource, Optimize
from .task import In, Limits, Out, P


class Chunk(Protocol):
    """A piece of an answer."""

    @property
    def whole(self) -> Any:
        """The whole answer, with its last chunk; None until then."""


class Pipeline(ABC, Generic[In, P, Out]):
    """One task, answered by one library.

    Every method but `preprocess`, `check` and `cost` runs in the model's one thread, so a pipeline needs no locks,
    unless it has several `lanes`.
    """

    max_batch_size: int = 1
    """How many inputs `batch` takes at once, or how many streams are open; the server never passes more. A class states
    what suits a CPU, and a GPU gets more (`device.batch_size`); an instance that sets its own keeps it."""
    max_batch_cost: int | None = None
    """How much all inputs of a `batch` may cost, each padded to the dearest; None: any. One input alone always fits."""
    lanes: int = 1
    """How many calls of `batch` may run at once, each in a thread of its own, where so many inputs wait that each call
    had better use one core (`threads.is_shared` then says so): more than 1 for what needs no lock."""
    cost_unit: str | None = None
    """What `cost` counts (`tokens`), told to callers as `x-compute-<unit>`; None: not told."""

    also: ClassVar[tuple[str, ...]] = ()
    """Other tasks of the library that may `adopt` the same weights."""
    unsafe_formats: ClassVar[bool] = False
    """Whether reading the model's files can run code of theirs: such a model needs the operator's trust."""
    preprocess_waits: ClassVar[bool] = False
    """Whether `preprocess` may wait for another process: it then never runs on the event loop."""
    rate: int | None = None
    """The sampling rate in Hz that the network listens at: audio is brought to it in a decoding thread."""
    side: int | None = None
    """How many pixels of an image's shorter side are looked at, where an answer is of the image as a whole: a file of
    many more may be decoded to fewer, though to no less than twice these. None: each pixel counts."""

    image_mode: str = "RGB"
    """The mode of Pillow that the network reads images in, by its channels: L, LA, RGB or RGBA."""

    is_optimized: bool = False
    """Whether it runs the model in another form than the library's own, which callers are told."""
    device: Device = "cpu"
    """Where the weights are; a pipeline that can use a GPU sets it."""
    dtype: str | None = None
    """The torch type of the weights (`float16`), shown at `/info`; None: not stated."""

    @abstractmethod
    def __init__(self, model: ModelSource, device: Device) -> None:
        """Load the weights, once, onto a device that `device.resolve` gave: never `auto`."""

    @abstractmethod
    def __call__(self, inputs: In, params: P) -> Out:
        """Answer one input."""

    def batch(self, inputs: Sequence[In], params: P) -> Sequence[Out]:
        """Answer several inputs that share their parameters, in order. The server only ever calls this."""
        return [self(item, params) for item in inputs]

    def stream(self, inputs: In, params: P) -> Generator[Chunk, None, None]:
        """Answer one input piece by piece; the last chunk alone holds the `whole` answer.

        A pipeline that has this is never asked for a `batch`: many streams are open at once (`max_batch_size`), each
        is asked for a chunk in turn, and one whose caller left is closed. So it must not change what others share.
        """
        raise NotImplementedError(f"{type(self).__name__} does not answer piece by piece")

    def perceived(self, limits: Limits) -> Limits:
        """A server's limits, and what this network perceives of an input."""
        if self.rate is self.side is None and self.image_mode == limits.image_mode:
            return limits
        return replace(limits, rate=self.rate, side=self.side, image_mode=self.image_mode)

    @property
    def streams(self) -> bool:
        """Whether it answers piece by piece."""
        return type(self).stream is not Pipeline.stream

    @property
    def tells_costs(self) -> bool:
        """Whether inputs differ in cost, which takes a look at each."""
        return type(self).cost is not Pipeline.cost

    @classmethod
    def optimized(cls, model: ModelSource, mode: Optimize) -> Self | None:
        """In place of `__init__`: this task over a form of the network that a CPU runs faster, as far as `mode` allows.

        None where there is none; one that there is has `is_optimized` set.
        """
        return None

    def comparisons(self) -> Iterable[tuple[Sequence[In], P]]:
        """Calls of `batch`, beside the task's examples, that an ONNX form must answer as the library's own network does
        before it serves: what the model's configs and parameters change (long inputs, prompts, a size)."""
        return ()

    def check(self, params: P) -> None:
        """Refuse what only this model makes impossible. Raises InvalidRequest.

        Runs in a decoding thread, or for a small request on the event loop: must be quick.
        """

    def preprocess(self, inputs: In) -> In:
        """An input together with what can be made of it before its turn (a text's tokens), for `cost` and `batch`.

        Runs in a decoding thread, or for a small request on the event loop unless `preprocess_waits`: must be
        thread-safe.
        """
        return inputs

    def cost(self, inputs: In) -> int:
        """How much work an input is (tokens, pixels, samples). Runs where `preprocess` does: must be thread-safe."""
        return 1

    def warnings(self, inputs: Sequence[In], costs: Sequence[int], params: P) -> Sequence[str]:
        """What the answer to inputs of these costs will leave out of what was asked for, in words for the header
        `x-warning`: what is cut off a long text, say. `params` are as the caller sent them, not yet lowered to the
        server's limits.

        Runs where `cost` does: must be quick and thread-safe.
        """
        return ()

    def memory(self, costs: Sequence[int], params: P) -> int:
        """Bytes of host memory that answering inputs of these costs takes at its peak: the largest call on some of
        them, and the outputs of all with the answer written of them. It is held of the server's memory for requests
        before they are queued. 0: too little to be counted.

        Runs where `cost` does, for all inputs of a request together: must be quick and thread-safe.
        """
        return 0

    @classmethod
    def adopt(cls, other: AnyPipeline) -> Self | None:
        """This task over the weights that `other` already holds, or None where that cannot be."""
        return None

    def close(self) -> None:
        """Let go of what the garbage collector would not."""


AnyPipeline = Pipeline[Any, Any, Any]
"""A pipeline of whatever task."""
