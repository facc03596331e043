"""Networks as ONNX Runtime runs them, with nothing of torch in memory: what stands around one, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from inference_common.cancel import checkpoint
from inference_common.config_files import read_json
from inference_common.onnx.network import OnnxNetwork
from inference_common.onnx.store import Wanted, network_file
from inference_common.source import ModelSource, Optimize
from inference_common.token_limit import token_limit

from ._kinds import kind_of
from ._networks import USUAL, Side, Vectors, Way
from ._tokens import TokenReader

TEXTS_PER_CALL = 32  # of an input that has more: their tokens, padded to the longest, bound the memory of a call
UNLIMITED_TOKENS = 1_000_000  # a text of what reads any number may have
ORIGINALS = f"{__package__}._originals"
ROLES = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""The names of prompts that the library takes for each role, the first that there is."""
POOLINGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_lasttoken": "lasttoken",
}
"""How older releases named what is done in this file; whatever else there is, is left to the library."""


def load(source: ModelSource, mode: Optimize) -> OnnxEncoder | OnnxScorer | None:
    """The model over an ONNX file, or None: there is no file, or the model is more than what is done here."""
    folder = source.path()
    if not (folder / "tokenizer.json").is_file():
        return None
    told = read_json(folder / "config_sentence_transformers.json")
    if kind_of(folder) == "CrossEncoder":
        return _scorer(source, mode, told)
    if not (folder / "modules.json").is_file():
        return None
    steps = [(step["type"].rpartition(".")[2], step["path"]) for step in read_json(folder / "modules.json")]
    kinds, part = [kind for kind, _ in steps], steps[0][1]
    pooling = _pooling(read_json(folder / steps[1][1] / "config.json")) if kinds[1:2] == ["Pooling"] else None
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]) or pooling is None:
        return None
    if read_json(folder / "sentence_bert_config.json").get("do_lower_case"):
        return None
    network = _network(source, Wanted(f"{ORIGINALS}:Encoding", ("last_hidden_state",), part), mode)
    return None if network is None else OnnxEncoder(folder, part, network, pooling, "Normalize" in kinds)


def _scorer(source: ModelSource, mode: Optimize, told: Mapping[str, Any]) -> OnnxScorer | None:
    config = read_json(source.path() / "config.json")
    named = told.get("activation_fn") or config.get("sentence_transformers", {}).get("activation_fn", "Sigmoid")
    activation = named.rpartition(".")[2]
    is_known = activation in ACTIVATIONS and told.get("default_prompt_name") is None
    if len(config.get("id2label", {})) != 1 or not is_known:
        return None
    network = _network(source, Wanted(f"{ORIGINALS}:Scoring", ("logits",)), mode)
    return None if network is None else OnnxScorer(source.path(), network, ACTIVATIONS[activation])


def _network(source: ModelSource, wanted: Wanted, mode: Optimize) -> OnnxNetwork | None:
    file = network_file(source, wanted, mode)
    return None if file is None else OnnxNetwork(file, wanted.outputs, side_by_side=True)


class OnnxText:
    """A network that reads tokens."""

    device = "cpu"
    dtype: str | None = None

    def __init__(self, folder: Path, network: OnnxNetwork, longest: int) -> None:
        self.network, self.lanes, self.longest = network, network.lanes, longest
        self._tokens = TokenReader(folder, longest)
        self.tokenizer = self._tokens.tokenizer

    def preprocess(self, text: str) -> str:
        return self._tokens.of(text)

    def in_calls(self, texts: Sequence[Any], read: Callable[[Sequence[Any]], Vectors]) -> Vectors:
        """The vectors that `read` gives of texts (or pairs), in their order; TEXTS_PER_CALL a call, longest first."""
        if len(texts) <= TEXTS_PER_CALL:
            return read(texts)
        order = sorted(range(len(texts)), key=lambda n: -len("".join(texts[n])))
        found: dict[int, Any] = {}
        for start in range(0, len(texts), TEXTS_PER_CALL):
            checkpoint()
            places = order[start : start + TEXTS_PER_CALL]
            found.update(zip(places, read([texts[n] for n in places]), strict=True))
        return np.stack([found[n] for n in range(len(texts))])

    def run(self, texts: Sequence[Any], side: Side | None = None) -> tuple[Vectors, Vectors]:
        """What the network makes of texts (or pairs), and the mask of shape (texts, tokens): 1 where there is one."""
        encoded = self._tokens.batch(texts, side)
        features = {
            "input_ids": np.array([one.ids for one in encoded], dtype=np.int64),
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
            "token_type_ids": np.array([one.type_ids for one in encoded], dtype=np.int64),
        }
        (told,) = self.network(features).values()
        return told, features["attention_mask"].astype(np.float32)


class OnnxEncoder(OnnxText):
    """Embeddings as SentenceTransformer makes them of a network, its pooling and, it may be, its normalisation."""

    def __init__(self, folder: Path, part: str, network: OnnxNetwork, pooling: str, normalizes: bool) -> None:
        told = read_json(folder / "sentence_bert_config.json")
        super().__init__(folder / part, network, _longest(folder / part, told.get("max_seq_length")))
        self._pool, self._normalizes = POOLS[pooling], normalizes
        config = read_json(folder / "config_sentence_transformers.json")
        self.prompts: Mapping[str, str] = config.get("prompts", {})
        self._usual: str | None = config.get("default_prompt_name")
        self._likeness = LIKENESSES[config.get("similarity_fn_name") or "cosine"]
        self.dimension: int | None = read_json(folder / part / "config.json").get("hidden_size")

    def encode(self, texts: Sequence[str], way: Way = USUAL) -> Vectors:
        before = self.prompts.get(self._prompt(way) or "", "")
        prompted = [before + text for text in texts] if before else texts
        vectors = self.in_calls(prompted, lambda some: self._pool(*self.run(some, way.side)))
        vectors = (unit(vectors) if self._normalizes else vectors)[:, : way.dimensions]
        return unit(vectors) if way.normalize else vectors

    def similarity(self, left: Vectors, right: Vectors) -> Vectors:
        return self._likeness(left, right)

    def _prompt(self, way: Way) -> str | None:
        """The name of the prompt, as the library chooses it."""
        if way.role is not None:
            return next((name for name in ROLES[way.role] if name in self.prompts), None)
        return way.prompt or self._usual


class OnnxScorer(OnnxText):
    """Scores as CrossEncoder makes them."""

    def __init__(self, folder: Path, network: OnnxNetwork, activation: Callable[[Vectors], Vectors]) -> None:
        super().__init__(folder, network, _longest(folder))
        self._activation = activation

    def score(self, pairs: Sequence[tuple[str, str]]) -> Sequence[float]:
        logits = self.in_calls(pairs, lambda some: self.run(some)[0])
        return [float(score) for score in self._activation(logits[:, 0])]


def unit(vectors: Vectors) -> Vectors:
    """Each of length 1."""
    lengths: Vectors = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    units: Vectors = vectors / lengths
    return units


def _mean(tokens: Vectors, mask: Vectors) -> Vectors:
    sums: Vectors = np.matmul(mask[:, None, :], tokens)[:, 0]
    counts: Vectors = np.maximum(mask.sum(1, keepdims=True), np.float32(1e-9))
    means: Vectors = sums / counts
    return means


def _last(tokens: Vectors, mask: Vectors) -> Vectors:
    places = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    last: Vectors = tokens[np.arange(len(tokens)), places]
    return last


def _max(tokens: Vectors, mask: Vectors) -> Vectors:
    most: Vectors = np.where(mask[..., None] > 0, tokens, np.float32(-np.inf)).max(1)
    return most


def _sigmoid(logits: Vectors) -> Vectors:
    odds: Vectors = np.exp(-logits)
    return np.reciprocal(1 + odds)


def _distances(left: Vectors, right: Vectors, order: int) -> Vectors:
    distances: Vectors = np.linalg.norm(left[:, None] - right[None], ord=order, axis=2)
    return -distances


POOLS: Mapping[str, Callable[[Vectors, Vectors], Vectors]] = {
    "cls": lambda tokens, mask: tokens[:, 0],
    "max": _max,
    "mean": _mean,
    "lasttoken": _last,
}
LIKENESSES: Mapping[str, Callable[[Vectors, Vectors], Vectors]] = {
    "cosine": lambda left, right: unit(left) @ unit(right).T,
    "dot": lambda left, right: left @ right.T,
    "euclidean": lambda left, right: _distances(left, right, 2),
    "manhattan": lambda left, right: _distances(left, right, 1),
}
ACTIVATIONS: Mapping[str, Callable[[Vectors], Vectors]] = {
    "Sigmoid": _sigmoid,
    "Identity": lambda logits: logits,
}


def _pooling(config: Mapping[str, Any]) -> str | None:
    """The one way that tokens become a vector, None where there is another."""
    if not config.get("include_prompt", True):
        return None
    chosen = config.get("pooling_mode") or [name for key, name in POOLINGS.items() if config.get(key)]
    modes = [chosen] if isinstance(chosen, str) else list(chosen)
    others = {key for key, on in config.items() if key.startswith("pooling_mode_") and on} - POOLINGS.keys()
    return modes[0] if len(modes) == 1 and modes[0] in POOLS and not others else None


def _longest(folder: Path, length: int | None = None) -> int:
    """The most tokens that the network has places for, and that are not cut off at a `length`, by default that of its
    tokenizer."""
    length = length or read_json(folder / "tokenizer_config.json").get("model_max_length")
    return token_limit(read_json(folder / "config.json"), length) or UNLIMITED_TOKENS
