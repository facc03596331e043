"""Rows that go through a decoder together, a token each a step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

JOINABLE = frozenset({"past_key_values", "attention_mask", "position_ids", "use_cache", "logits_to_keep"})


class Group:
    """The state of some rows: `ids` of shape (rows, tokens), padded on the left, and what the next call takes.

    `kwargs` are as the library's own decoding loop keeps them. Every method runs under inference mode.
    """

    def __init__(self, network: Any, ids: torch.Tensor, kwargs: dict[str, Any]) -> None:
        self._network, self.ids, self.kwargs = network, ids, kwargs

    def append(self, tokens: Sequence[int]) -> None:
        """One more token a row."""
        new = torch.tensor(tokens, device=self.ids.device, dtype=self.ids.dtype)
        self.ids = torch.cat([self.ids, new[:, None]], dim=1)

    def forward(self) -> torch.Tensor:
        """The logits after the last token of each row: float32 of shape (rows, vocabulary)."""
        length = 1 if self.kwargs.get("use_cache", True) else None
        inputs = self._network.prepare_inputs_for_generation(self.ids, next_sequence_length=length, **self.kwargs)
        outputs = self._network(**inputs, return_dict=True)
        self.kwargs = self._network._update_model_kwargs_for_generation(outputs, self.kwargs)
        logits: torch.Tensor = outputs.logits[:, -1].float()
        return logits

    @property
    def joinable(self) -> bool:
        """Whether its rows may run beside others: all that the network keeps of a row can be padded.

        Not of networks with sliding windows or recurrent states; their rows go through alone, in turn.
        """
        cache, mask, places = (self.kwargs.get(name) for name in ("past_key_values", "attention_mask", "position_ids"))
        return (
            set(self.kwargs) <= JOINABLE
            and isinstance(cache, DynamicCache)
            and all(type(layer) is DynamicLayer and layer.is_initialized for layer in cache.layers)
            and mask is not None
            and (places is None or places.dim() == 2)
        )

    def join(self, other: Group) -> None:
        """Take in the rows of another joinable group, after one's own."""
        longest = max(self.ids.shape[1], other.ids.shape[1])
        more, others_more = longest - self.ids.shape[1], longest - other.ids.shape[1]

        def joined(ours: torch.Tensor, theirs: torch.Tensor) -> torch.Tensor:
            return torch.cat([pad(ours, (more, 0)), pad(theirs, (others_more, 0))])

        self.ids = joined(self.ids, other.ids)
        for name in ("attention_mask", "position_ids"):
            if self.kwargs.get(name) is not None:
                self.kwargs[name] = joined(self.kwargs[name], other.kwargs[name])
        for layer, others in zip(self._layers, other._layers, strict=True):
            for name in ("keys", "values"):  # of shape (rows, heads, tokens, width)
                ours, theirs = getattr(layer, name), getattr(others, name)
                both = [pad(ours, (0, 0, more, 0)), pad(theirs, (0, 0, others_more, 0))]
                setattr(layer, name, torch.cat(both))

    def keep(self, rows: Sequence[int]) -> None:
        """Let go of all rows but these, and of the padding that only the others needed."""
        chosen = torch.tensor(rows, device=self.ids.device)
        self.kwargs["past_key_values"].batch_select_indices(chosen)
        mask = self.kwargs["attention_mask"][chosen]
        cut = int(mask.any(dim=0).int().argmax())
        self.ids = self.ids[chosen, cut:]
        self.kwargs["attention_mask"] = mask[:, cut:]
        if self.kwargs.get("position_ids") is not None:
            self.kwargs["position_ids"] = self.kwargs["position_ids"][chosen, cut:]
        for layer in self._layers if cut else ():
            layer.keys, layer.values = layer.keys[:, :, cut:], layer.values[:, :, cut:]

    @property
    def _layers(self) -> Sequence[Any]:
        layers: Sequence[Any] = self.kwargs["past_key_values"].layers
        return layers


def begun(
    network: Any, ids: torch.Tensor, *, every_logit: bool, **options: Any
) -> tuple[Group, torch.Tensor, Any, Any]:
    """A group of the one row `ids`, of shape (1, tokens), that has read its prompt.

    With it the float32 logits after each token (the last one's alone, without `every_logit`), of shape
    (tokens, vocabulary), and the processors and the config that the library makes of `options` for `generate`.
    """

    def begin(model: Any, input_ids: torch.Tensor, *, logits_processor: Any, generation_config: Any,
              stopping_criteria: Any, **kwargs: Any) -> tuple[Group, torch.Tensor, Any, Any]:  # fmt: skip
        if every_logit and "logits_to_keep" in kwargs:
            kwargs["logits_to_keep"] = 0
        inputs = model.prepare_inputs_for_generation(input_ids, is_first_iteration=True, **kwargs)
        outputs = model(**inputs, return_dict=True)
        # The library leaves out a mask of ones, which rows that join would need.
        if "attention_mask" in kwargs and kwargs["attention_mask"] is None:
            kwargs["attention_mask"] = torch.ones_like(input_ids)
        kwargs = model._update_model_kwargs_for_generation(outputs, kwargs)
        logits = outputs.logits[0] if every_logit else outputs.logits[0, -1:]
        return Group(model, input_ids, kwargs), logits.float(), logits_processor, generation_config

    result: tuple[Group, torch.Tensor, Any, Any] = network.generate(ids, custom_generate=begin, **options)
    return result
