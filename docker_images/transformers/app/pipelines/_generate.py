"""What the tasks whose network writes text share: how it generates, and how probable what it wrote is."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from inference_common.token_limit import config_values, token_limit
from transformers import GenerationConfig, PreTrainedModel

from ._asked import ineffective, refuse_impossible, within_model
from ._shared import UNLIMITED_TOKENS

NEW_TOKENS = 256
"""The most tokens where neither the caller nor the model says."""
LENGTHS = frozenset({"max_length", "max_new_tokens"})


class Writer:
    """A network that writes text, in the model's own way but for what a caller asks.

    `own` is what a model says for one task before all else, `usual` what is done where it does not say.
    """

    def __init__(self, network: PreTrainedModel, pad_token_id: int | None, own: Mapping[str, Any] | None = None,
                 usual: Mapping[str, Any] | None = None) -> None:  # fmt: skip
        self.network: Any = network
        text = network.config.get_text_config(decoder=True)
        of_decoder = {"max_position_embeddings": getattr(text, "max_decoder_position_embeddings", None)}  # LED's
        positions = token_limit(config_values(text)) or token_limit(of_decoder) or UNLIMITED_TOKENS
        self.most = positions - 1  # the first place holds the token that begins every text
        self._model_config: GenerationConfig = copy.deepcopy(self.network.generation_config)
        for name, value in {"pad_token_id": pad_token_id, **(usual or {})}.items():
            if getattr(self._model_config, name, None) is None:
                setattr(self._model_config, name, value)
        self._usual = self._config_of_task(own or {})
        self.longest_prompt = min(self.most, self._usual.max_length or self.most + 1) - 1
        ends = (self._usual.eos_token_id, getattr(text, "sep_token_id", None))  # BLIP ends with its separator
        self._ends = [one for few in ends if few is not None for one in (few if isinstance(few, list) else [few])]
        # `generate` fills what it is not told from here, and a length that nobody asked for would stand beside another.
        self.network.generation_config.max_length = self.network.generation_config.max_new_tokens = None

    def of_task(self, own: Mapping[str, Any]) -> Writer:
        """The same for another task, of which a model says `own`."""
        other = copy.copy(self)
        other._usual = self._config_of_task(own)
        return other

    def _config_of_task(self, own: Mapping[str, Any]) -> GenerationConfig:
        config: Any = copy.deepcopy(self._model_config)
        if own.keys() & LENGTHS:
            config.max_length = config.max_new_tokens = None
        for name, value in own.items():
            setattr(config, name, value)
        if config.max_new_tokens is None and config.max_length is None:
            config.max_new_tokens = min(NEW_TOKENS, self.most)
        return config  # type: ignore[no-any-return]

    def refuse_impossible(self, asked: Mapping[str, Any]) -> None:
        """Raise InvalidRequest for what is asked of `generate` that it cannot do."""
        prompt = 1 if self.network.config.is_encoder_decoder else None
        refuse_impossible(asked, self.most, vars(self._usual), prompt)

    def warnings(self, asked: Mapping[str, Any]) -> Sequence[str]:
        """What `generate` will not do of what is asked of it."""
        return ineffective(asked, self.most, vars(self._usual))

    def beams(self, asked: Mapping[str, Any]) -> int:
        """How many texts are written at once for one."""
        return int(asked.get("num_beams") or self._usual.num_beams or 1)

    def most_written(self, asked: Mapping[str, Any]) -> int:
        """The most tokens of a text."""
        lengths = asked if asked.keys() & LENGTHS else vars(self._usual)
        return min(self.most, int(lengths.get("max_new_tokens") or lengths.get("max_length") or self.most))

    def generate(self, features: Mapping[str, torch.Tensor], asked: Mapping[str, Any]) -> torch.Tensor:
        """Tokens of shape (texts, length of the longest)."""
        written: torch.Tensor = self.network.generate(**features, generation_config=self._config(asked))
        return written

    def with_probability(self, features: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, list[float]]:
        """Tokens, and how probable each text is: the product of the probabilities of its tokens, with its end's."""
        config = self._config({"return_dict_in_generate": True, "output_scores": True})
        written = self.network.generate(**features, generation_config=config)
        beams = getattr(written, "beam_indices", None)
        logs = self.network.compute_transition_scores(written.sequences, written.scores, beams, normalize_logits=True)
        tokens = written.sequences[:, -logs.shape[1] :]
        ends = torch.isin(tokens, torch.tensor(self._ends, device=tokens.device)).long()
        past = ends.cumsum(1) - ends > 0  # padding
        return written.sequences, logs.masked_fill(past, 0.0).sum(1).exp().tolist()

    def _config(self, asked: Mapping[str, Any]) -> GenerationConfig:
        config: Any = copy.deepcopy(self._usual)  # its `update` has no types
        if asked.keys() & LENGTHS:
            config.max_length = config.max_new_tokens = None
        config.update(**within_model(asked, self.most))
        return config  # type: ignore[no-any-return]
