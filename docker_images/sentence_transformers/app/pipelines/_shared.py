"""The models of sentence-transformers, and what its tasks ask of them."""

from __future__ import annotations

import copy
import json
from typing import Any, Generic, Self

from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import In, Out, P
from sentence_transformers import CrossEncoder, SentenceTransformer
from tokenizers import Tokenizer

Network = SentenceTransformer | CrossEncoder


def load(model: ModelSource, device: Device) -> Network:
    """The repository's own kind of model: as its config says, else by the layout older releases wrote."""
    folder = model.path()
    config = folder / "config_sentence_transformers.json"
    if config.is_file():
        is_encoder = json.loads(config.read_text()).get("model_type", "SentenceTransformer") == "SentenceTransformer"
    else:
        is_encoder = (folder / "modules.json").is_file()
    kind = SentenceTransformer if is_encoder else CrossEncoder
    return kind(str(folder), device=None if device == "auto" else device, local_files_only=True)


class TokenCounter:
    """Counts tokens in any thread: a private copy of the tokenizer, which nobody reconfigures while it runs."""

    def __init__(self, network: Network) -> None:
        tokenizer = getattr(network.tokenizer, "backend_tokenizer", network.tokenizer)
        self._tokenizer: Tokenizer | None = copy.deepcopy(tokenizer) if isinstance(tokenizer, Tokenizer) else None
        if self._tokenizer is not None:
            self._tokenizer.no_padding()
            self._tokenizer.no_truncation()
        self._most = network.max_seq_length

    @property
    def exact(self) -> bool:
        """Whether tokens are counted; characters are, for a tokenizer that only Python knows."""
        return self._tokenizer is not None

    def __call__(self, text: str) -> int:
        """The tokens of `text` that the model reads, special ones included."""
        count = len(text) if self._tokenizer is None else len(self._tokenizer.encode(text).ids)
        return count if self._most is None else min(count, int(self._most))

    def length(self, text: str) -> int:
        """The tokens of `text` before anything is cut."""
        return len(text) if self._tokenizer is None else len(self._tokenizer.encode(text).ids)


class TextPipeline(Pipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline over either kind of model; all tasks of one model share its weights."""

    max_batch_size = 32

    def __init__(self, model: ModelSource, device: Device) -> None:
        self._use(load(model, device))

    def _use(self, network: Network) -> None:
        self.network = network
        self.device = str(network.device)
        self.tokens = TokenCounter(network)
        self.cost_unit = "tokens" if self.tokens.exact else None

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, TextPipeline) or not cls.takes(other.network):
            return None
        adopted = cls.__new__(cls)
        adopted._use(other.network)
        return adopted

    @classmethod
    def takes(cls, network: Network) -> bool:
        """Whether this task can be answered by this kind of model."""
        return isinstance(network, SentenceTransformer)


class EncoderPipeline(TextPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline that needs embeddings, which a cross-encoder does not make."""

    @property
    def encoder(self) -> SentenceTransformer:
        """The model, known to be an encoder."""
        assert isinstance(self.network, SentenceTransformer)  # _use checked
        return self.network

    def _use(self, network: Network) -> None:
        if not isinstance(network, SentenceTransformer):
            raise TypeError("this model is a cross-encoder, which makes no embeddings: its task is text-ranking")
        super()._use(network)
