"""Networks as the library itself runs them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from inference_common.cancel import checkpoint
from inference_common.device import batch_size, weights_dtype
from inference_common.missing_weights import watch
from inference_common.pipeline import Device
from inference_common.templates.library import render_in_processes
from inference_common.token_limit import config_values, token_limit
from inference_common.vocabulary import refuse_empty_vocabulary
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.base.modules import Transformer
from tokenizers import Tokenizer

from ._kinds import Kind
from ._networks import TOKENS_PER_CALL, USUAL, Vectors, Way, texts_per_call

render_in_processes()
watch()
BATCH = 32  # texts in one call, on a CPU


def load(folder: Path, kind: Kind, device: Device) -> TorchEncoder | TorchScorer:
    """A repository's model. Raises TypeError for a cross-encoder with more than one score."""
    is_encoder = kind == "SentenceTransformer"
    loader = SentenceTransformer if is_encoder else CrossEncoder
    # In the checkpoint's own type first, which says what it may be changed to.
    network: Any = loader(str(folder), device="cpu", local_files_only=True, model_kwargs={"dtype": "auto"})
    network = network.to(device, weights_dtype(device, network.dtype))
    return TorchEncoder(network) if is_encoder else TorchScorer(network)


def _tokenizer(network: SentenceTransformer | CrossEncoder) -> Tokenizer | None:
    """A copy of its tokenizer that neither cuts nor pads, if that is one of the fast ones."""
    tokenizer = getattr(network.tokenizer, "backend_tokenizer", network.tokenizer)
    if not isinstance(tokenizer, Tokenizer):
        return None
    copied = copy.deepcopy(tokenizer)
    copied.no_truncation()
    copied.no_padding()
    return copied


def _limited(network: SentenceTransformer | CrossEncoder) -> int | None:
    """The most tokens that each of its parts reads, where they cut from now on; None: any number. The library may cut
    later than a network has positions, and says "any" in many ways."""
    limits = []
    for part in (module for module in network.modules() if isinstance(module, Transformer)):
        limit = token_limit(config_values(part.config.get_text_config()), part.max_seq_length)
        if limit is not None and limit != part.max_seq_length:
            part.max_seq_length = limit
        limits.append(limit)
    return min((limit for limit in limits or [token_limit({}, network.max_seq_length)] if limit is not None),
               default=None)  # fmt: skip


def _checkpoint(module: Any, inputs: object) -> None:
    """Before each call of the network, of which many texts take several."""
    checkpoint()


class TorchNetwork:
    """What the library's own networks have in common: they read texts themselves, one call at a time."""

    lanes = 1

    def __init__(self, network: SentenceTransformer | CrossEncoder) -> None:
        self.device = str(network.device)
        self.dtype = str(network.dtype).removeprefix("torch.")
        network.register_forward_pre_hook(_checkpoint)
        refuse_empty_vocabulary(network.tokenizer)
        self.longest = _limited(network)
        self.tokenizer = _tokenizer(network)
        weights = sum(one.numel() * one.element_size() for one in network.parameters())
        self.most_texts = batch_size(BATCH, self.device, weights)

    def texts_per_call(self, texts: Sequence[Any]) -> int:
        """How many of these texts (or pairs) the library reads together."""
        reads_little = self.longest is not None and self.longest * self.most_texts <= TOKENS_PER_CALL
        if reads_little or self.device != "cpu" or not texts:
            return self.most_texts
        return texts_per_call(self.most_texts, self.longest, max(len("".join(text).encode()) for text in texts))

    def preprocess(self, text: str) -> str:
        return text


class TorchEncoder(TorchNetwork):
    """A SentenceTransformer."""

    def __init__(self, network: SentenceTransformer) -> None:
        super().__init__(network)
        self.network = network
        with network.truncate_embeddings(None):  # of which a request may ask for more than the config keeps
            self.dimension: int | None = network.get_embedding_dimension()
        self.prompts = {name: prompt for name, prompt in network.prompts.items() if prompt is not None}

    def encode(self, texts: Sequence[str], way: Way = USUAL) -> Vectors:
        encode: Any = getattr(self.network, "encode" if way.role is None else f"encode_{way.role}")
        tokenizer = self.network.tokenizer
        usual = getattr(tokenizer, "truncation_side", None)
        try:
            if way.side is not None:
                tokenizer.truncation_side = way.side
            embeddings = encode(
                list(texts), prompt_name=way.prompt, normalize_embeddings=way.normalize, truncate_dim=way.dimensions,
                batch_size=self.texts_per_call(texts), show_progress_bar=False,
            )  # fmt: skip
        finally:
            if way.side is not None:
                tokenizer.truncation_side = usual
        return np.asarray(embeddings, dtype=np.float32)

    def similarity(self, left: Vectors, right: Vectors) -> Vectors:
        return np.asarray(self.network.similarity(left, right), dtype=np.float32)


class TorchScorer(TorchNetwork):
    """A CrossEncoder with one score a pair."""

    def __init__(self, network: CrossEncoder) -> None:
        if network.num_labels != 1:
            raise TypeError(f"this cross-encoder gives {network.num_labels} labels per pair; ranking needs one score")
        super().__init__(network)
        self.network = network

    def score(self, pairs: Sequence[tuple[str, str]], *, raw: bool = False) -> Sequence[float]:
        activation = torch.nn.Identity() if raw else None  # None: the model's own
        scores = self.network.predict(
            list(pairs), activation_fn=activation, batch_size=self.texts_per_call(pairs), show_progress_bar=False
        )
        return [float(score) for score in scores]
