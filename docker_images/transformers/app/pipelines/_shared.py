"""What the tasks of transformers share: loading, and batches of texts."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import torch
from inference_common.cancel import checkpoint
from inference_common.device import weights_dtype
from inference_common.onnx.examples import TEXTS, batches
from inference_common.onnx.store import Wanted, network_file
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource, Optimize
from inference_common.task import In, Out, P
from inference_common.tasks.classification import Activation, Label
from inference_common.templates.library import render_in_processes
from inference_common.token_limit import config_values, token_limit
from inference_common.vocabulary import refuse_empty_vocabulary
from inference_common.warning_headers import cut_warnings, warnings_of_inputs
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from ._memory import NetworkMemory

render_in_processes()
UNLIMITED_TOKENS = 1_000_000  # a text of what reads any number may have
T = TypeVar("T")
Features = dict[str, torch.Tensor]
"""A network's inputs; each has a first dimension of inputs that run together."""


class ModelPipeline(Pipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline over one network of one of the library's `AutoModelFor...` classes."""

    auto: type
    """The class that loads the network."""
    outputs: ClassVar[tuple[str, ...]] = ()
    """All that it reads of the network's output, by name, where an ONNX file may give that; else nothing."""
    side_by_side: ClassVar[bool] = False
    """Whether `batch` may run in several threads at once, over such a file."""
    file: Path | None = None
    """An ONNX file that runs in the network's place."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.folder = model.path()
        self.device = device
        self.network: PreTrainedModel = self._network()
        checkpoint_at_each_call(self.network)
        self.dtype = str(self.network.dtype).removeprefix("torch.")

    def _network(self) -> Any:
        loader: Any = self.auto
        if self.file is not None:
            from ._onnx import over_file  # whoever runs no file need not wait for its runtime

            network, self.lanes = over_file(loader, self.folder, self.file, self.outputs, self.side_by_side)
            return network
        stated = AutoConfig.from_pretrained(self.folder, local_files_only=True).dtype
        dtype = weights_dtype(self.device, stated)
        network = loader.from_pretrained(self.folder, local_files_only=True, dtype=dtype)
        return network.to(self.device).eval()

    @classmethod
    def optimized(cls, model: ModelSource, mode: Optimize) -> Self | None:
        wanted = Wanted(f"{cls.__module__}:{cls.__name__}", cls.outputs)
        file = network_file(model, wanted, mode) if cls.outputs else None
        if file is None:
            return None
        made = cls.__new__(cls)
        made.is_optimized, made.file = True, file
        made.__init__(model, "cpu")  # type: ignore[misc]  # the class is our own
        return made

    def moved(self, features: Any) -> Features:
        """Tensors on the network's device, those of floats in its type."""
        dtype = self.network.dtype
        return {
            name: value.to(self.device, dtype) if value.is_floating_point() else value.to(self.device)
            for name, value in features.items()
        }

    def in_groups(self, prepared: Sequence[Features], answer: Callable[[Features, list[int]], Sequence[T]]) -> list[T]:
        """`answer` of every input, in order: those of equal shape together, since padding would change the numbers.

        `answer` gets the features of a group and the places of its inputs among `prepared`.
        """
        places: dict[tuple[torch.Size, ...], list[int]] = {}
        for place, features in enumerate(prepared):
            places.setdefault(tuple(value.shape for value in features.values()), []).append(place)
        answers: dict[int, T] = {}
        for group in places.values():
            together = {name: torch.cat([prepared[place][name] for place in group]) for name in prepared[group[0]]}
            answers.update(zip(group, answer(together, group), strict=True))
        return [answers[place] for place in range(len(prepared))]


class TextPipeline(ModelPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline whose network reads tokens."""

    max_batch_size = 32
    cost_unit: str | None = "tokens"

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        self.tokenizer: PreTrainedTokenizerBase = tokenizer_of(self.folder)
        if self.tokenizer.pad_token is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
            self.network.config.pad_token_id = self.tokenizer.pad_token_id
        self.network_memory = NetworkMemory(self.network.config, self.device)
        self._encoding = threading.Lock()  # each call reconfigures the tokenizer
        self._counter = whole_tokenizer(self.tokenizer)
        if self._counter is None:
            self.cost_unit = None

    def memory(self, costs: Sequence[int], params: P) -> int:
        rows = min(len(costs), self.max_batch_size)
        return self.network_memory.reading(rows, max(costs)) if self.cost_unit else 0

    def examples(self) -> Sequence[Mapping[str, Any]]:
        """What an ONNX file is held to the network by: texts, and pairs of them."""
        return [self.encode(*texts) for one in batches(TEXTS) for texts in ([one], [one, one[::-1]])]

    @property
    def longest(self) -> int:
        """The most tokens the network reads."""
        return longest_of(self.network.config.get_text_config(), self.tokenizer)

    def tokens(self, text: str) -> int:
        """How many tokens the network reads of a text (characters, where only Python knows the tokenizer)."""
        count = len(text) if self._counter is None else len(self._counter.encode(text).ids)
        return min(count, self.longest)

    def length(self, text: str, *, special: bool = True) -> int:
        """The tokens of a text, cut ones included, and special ones around it if `special`."""
        if self._counter is None:
            return len(self.tokenizer(text, add_special_tokens=special)["input_ids"])
        return len(self._counter.encode(text, add_special_tokens=special).ids)

    def warnings(self, inputs: Sequence[In], costs: Sequence[int], params: P) -> Sequence[str]:
        texts = [text if isinstance(text, str) else "" for text in inputs]
        return warnings_of_inputs([self.cut(text, cost) for text, cost in zip(texts, costs, strict=True)])

    def cut(self, text: str, cost: int, side: str | None = None, what: str = "text") -> Sequence[str]:
        """The warning that a text of this cost is cut, where it is: which `side` is read, by default the tokenizer's
        own."""
        if cost < self.longest:
            return ()
        side = side or ("last" if self.tokenizer.truncation_side == "left" else "first")
        return cut_warnings(self.length(text), self.longest, side, what)

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None, **options: Any) -> Mapping[str, Any]:
        """The network's inputs, padded to the longest and cut at what it reads: tensors of shape (texts, tokens)."""
        with self._encoding:
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


def whole_tokenizer(tokenizer: Any) -> Tokenizer | None:
    """A copy that neither cuts nor pads, and that nobody reconfigures: it is used beside the model's thread. None for a
    tokenizer that only Python knows."""
    fast = getattr(tokenizer, "backend_tokenizer", None)
    if not isinstance(fast, Tokenizer):
        return None
    whole: Tokenizer = copy.deepcopy(fast)
    whole.no_truncation()
    whole.no_padding()
    return whole


def tokenizer_of(folder: Path) -> PreTrainedTokenizerBase:
    """A model's tokenizer. Raises LoadFailed where its files hold no vocabulary."""
    tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    refuse_empty_vocabulary(tokenizer)
    return tokenizer


def longest_of(config: Any, tokenizer: PreTrainedTokenizerBase, usual: int = UNLIMITED_TOKENS) -> int:
    """The most tokens that a network with this config of texts reads, `usual` where the config does not say, and that
    its tokenizer does not cut off."""
    limit = token_limit(config_values(config)) or usual
    return token_limit({}, limit, tokenizer.model_max_length) or limit


def checkpoint_at_each_call(network: PreTrainedModel) -> None:
    """Have a network, and each network that it is made of, ask before it runs whether anyone still waits for it: so
    every loop of the library over calls of it, of tokens that it writes or parts that it hears, can be ended."""
    for module in network.modules():
        if isinstance(module, PreTrainedModel):
            module.register_forward_pre_hook(_checkpoint)


def _checkpoint(module: torch.nn.Module, inputs: object) -> None:
    checkpoint()


def scores(logits: torch.Tensor, activation: Activation) -> torch.Tensor:
    """Scores of logits over the last dimension."""
    if activation == "softmax":
        return logits.softmax(-1)
    return logits.sigmoid() if activation == "sigmoid" else logits


def usual_activation(network: PreTrainedModel) -> Activation:
    """What the library's own pipelines make scores with where the caller does not say."""
    config = network.config
    if config.problem_type == "regression":
        return "none"
    if config.problem_type == "multi_label_classification" or config.num_labels == 1:
        return "sigmoid"
    return "softmax"


def label_of(network: PreTrainedModel, place: int) -> str:
    """The network's name for its output at `place`."""
    names: Mapping[Any, str] = network.config.id2label or {}
    return names.get(place, f"LABEL_{place}")


def labelled(row: Sequence[float], network: PreTrainedModel, top_k: int | None) -> list[Label]:
    """The network's labels of one row of scores, best first."""
    order = sorted(range(len(row)), key=lambda n: -row[n])
    return [{"label": label_of(network, n), "score": row[n]} for n in order[:top_k]]
