"""What the tasks of sentence-transformers share: one network, in whichever form it is run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Generic, Self

from inference_common.errors import InvalidRequest, LoadFailed
from inference_common.network_limits import network_within
from inference_common.onnx.examples import SENTENCES, TEXTS
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource, Optimize
from inference_common.task import In, Out, P
from typing_extensions import TypeIs

from ._kinds import kind_of
from ._networks import Encoder, Scorer
from ._tokens import TokenCounter

SHORT_TEXTS = (*SENTENCES[:2], "  Œuvre\tÉCOLE \n", "[CLS] a [SEP] <s> </s> [MASK]", "")
MAX_COMPARED_TOKENS = 2048  # of a text longer than the model reads, which is compared where it is no longer than that
NO_TORCH = (
    "this server has no torch: it runs the onnx/model.onnx of a repository, on a CPU, with OPTIMIZE auto or onnx,"
    " and not this model's: {reason}; serve it from the image inference-sentence-transformers"
)


class TextPipeline(Pipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline over either kind of network; all tasks of one model share it."""

    max_batch_size = 32

    def __init__(self, model: ModelSource, device: Device) -> None:
        kind = kind_of(model.path())
        try:
            from ._torch import load  # takes seconds, and hundreds of megabytes
        except ModuleNotFoundError as error:
            raise LoadFailed(NO_TORCH.format(reason=_why_not_onnx(model))) from error
        with network_within(model):  # anew: torch was not imported before
            self._use(load(model.path(), kind, device))

    @classmethod
    def optimized(cls, model: ModelSource, mode: Optimize) -> Self | None:
        from . import _onnx  # what runs on a GPU need not wait for ONNX Runtime

        network = _onnx.load(model, mode)
        return None if network is None else cls._over(network, is_optimized=True)

    def compared_texts(self) -> Sequence[str]:
        """Texts that an ONNX form must read as the library does: of any length, in any letters, with spaces around."""
        most = self.network.longest or 0
        too_long = [" ".join(f"{n} word" for n in range(most))] if 0 < most <= MAX_COMPARED_TOKENS else []
        return (*TEXTS, *SHORT_TEXTS, *too_long)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, TextPipeline) or not cls.takes(other.network):
            return None
        return cls._over(other.network, is_optimized=other.is_optimized)

    @classmethod
    def takes(cls, network: Encoder | Scorer) -> bool:
        """Whether this task can be answered by this kind of network."""
        return encodes(network)

    @classmethod
    def _over(cls, network: Encoder | Scorer, *, is_optimized: bool) -> Self:
        made = cls.__new__(cls)
        made.is_optimized = is_optimized
        made._use(network)
        return made

    def refuse_too_long(self, lengths: Iterable[int]) -> None:
        """Raise InvalidRequest where a text, or a pair, has more tokens than the model reads."""
        most, longest = self.network.longest, max(lengths)
        if most is not None and longest > most:
            raise InvalidRequest(
                f"A text has {longest} tokens, and this model reads {most}; shorten it, or do not send truncate: false"
            )

    def _use(self, network: Encoder | Scorer) -> None:
        self.network = network
        self.device, self.dtype, self.lanes = network.device, network.dtype, network.lanes
        self.tokens = TokenCounter(network)
        self.cost_unit = "tokens" if self.tokens.exact else None


class EncoderPipeline(TextPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline that needs embeddings, which a cross-encoder does not make."""

    encoder: Encoder

    def _use(self, network: Encoder | Scorer) -> None:
        if not encodes(network):
            raise TypeError("this model is a cross-encoder, which makes no embeddings: its task is text-ranking")
        super()._use(network)
        self.encoder = network

    def check_prompt(self, name: str | None) -> None:
        """Raise InvalidRequest for a prompt that the model has not."""
        prompts = sorted(self.encoder.prompts)
        if name is not None and name not in prompts:
            known = f"its prompts: {', '.join(prompts)}" if prompts else "it has none"
            raise InvalidRequest(f"This model has no prompt named {name[:64]!r}; {known}")


def _why_not_onnx(model: ModelSource) -> str:
    """Why a model is not run over its ONNX file where there is no torch."""
    from inference_common.onnx.search import Search, searching
    from inference_common.onnx.store import OWN

    from . import _onnx

    with searching(Search()) as search:
        network = _onnx.load(model, "onnx")
    if network is not None:
        return "DEVICE or OPTIMIZE says otherwise"
    has_none = search.has_form and model.file(OWN) is None
    return "it has none" if has_none else search.reason


def encodes(network: Encoder | Scorer) -> TypeIs[Encoder]:
    """Whether it makes embeddings."""
    return hasattr(network, "encode")
