"""What the tasks of transformers share: loading, and batches of texts."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Generic

import torch
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.task import In, Out, P
from inference_common.tasks.classification import Activation, Label
from tokenizers import Tokenizer
from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase


def best_device(device: Device) -> Device:
    """`auto` resolved: CUDA, else Apple's GPU, else the CPU."""
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


class ModelPipeline(Pipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline over one network of one of the library's `AutoModelFor...` classes."""

    auto: type
    """The class that loads the network."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.folder = model.path()
        self.device = best_device(device)
        # CPUs compute half precision far slower than they read it.
        dtype = torch.float32 if self.device == "cpu" else "auto"
        loader: Any = self.auto
        self.network: PreTrainedModel = loader.from_pretrained(self.folder, local_files_only=True, dtype=dtype)
        self.network.to(self.device).eval()


class TextPipeline(ModelPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline whose network reads tokens."""

    max_batch_size = 32
    cost_unit: str | None = "tokens"

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
            self.network.config.pad_token_id = self.tokenizer.pad_token_id
        # A copy that nobody reconfigures: `cost` runs beside the model's thread.
        fast = getattr(self.tokenizer, "backend_tokenizer", None)
        self._counter: Tokenizer | None = copy.deepcopy(fast) if isinstance(fast, Tokenizer) else None
        if self._counter is None:
            self.cost_unit = None

    @property
    def longest(self) -> int:
        """The most tokens the network reads."""
        positions = getattr(self.network.config, "max_position_embeddings", None) or 1_000_000
        return min(int(self.tokenizer.model_max_length), int(positions))

    def tokens(self, text: str) -> int:
        """How many tokens the network reads of a text (characters, where only Python knows the tokenizer)."""
        count = len(text) if self._counter is None else len(self._counter.encode(text).ids)
        return min(count, self.longest)

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None, **options: Any) -> Mapping[str, Any]:
        """The network's inputs, padded to the longest and cut at what it reads: tensors of shape (texts, tokens)."""
        encoded = self.tokenizer(
            list(texts),
            None if pairs is None else list(pairs),
            padding=True,
            truncation=True,
            max_length=self.longest,
            return_tensors="pt",
            **options,
        )
        return encoded.to(self.device)  # type: ignore[no-any-return]


def scores(logits: torch.Tensor, activation: Activation) -> torch.Tensor:
    """Scores of logits over the last dimension."""
    if activation == "softmax":
        return logits.softmax(-1)
    return logits.sigmoid() if activation == "sigmoid" else logits


def labelled(row: Sequence[float], network: PreTrainedModel, top_k: int | None) -> list[Label]:
    """The network's labels of one row of scores, best first."""
    names: Mapping[Any, str] = network.config.id2label or {}
    order = sorted(range(len(row)), key=lambda n: -row[n])
    return [{"label": names.get(n, f"LABEL_{n}"), "score": row[n]} for n in order[:top_k]]
