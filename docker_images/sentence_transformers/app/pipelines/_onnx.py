"""Networks as ONNX Runtime runs them, with nothing of torch in memory: what stands around one, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import structlog
from inference_common.cancel import checkpoint
from inference_common.onnx.network import OnnxNetwork
from inference_common.onnx.search import current
from inference_common.onnx.store import Wanted, network_file
from inference_common.source import ModelSource, Optimize

from ._configs import EncoderConfig, ScorerConfig, TextConfig, read_config
from ._functions import ACTIVATION_FUNCTIONS, SIMILARITY_FUNCTIONS, l2_normalize
from ._networks import TOKENS_PER_CALL, USUAL, Side, Vectors, Way, texts_per_call
from ._pooling import pooled
from ._tokens import TokenReader
from ._unsupported import Unsupported

TEXTS_PER_CALL = 32  # of an input that has more: their tokens, padded to the longest, bound the memory of a call
ORIGINALS = f"{__package__}._originals"
ROLES = {"query": ("query",), "document": ("document", "passage", "corpus")}
"""The names of prompts that the library takes for each role, the first that there is."""
log = structlog.get_logger("inference")


def load(source: ModelSource, mode: Optimize) -> OnnxEncoder | OnnxScorer | None:
    """The model over an ONNX file, or None: there is no file, or the model is more than what is done here. Why is
    written to `search.current()`."""
    try:
        config = read_config(source.path())
        return _loaded(source, config, mode)
    except Unsupported as why:
        current().reason = str(why)
        log.info("left to the library", model=source.name, reason=str(why))
        return None


def _loaded(
    source: ModelSource, config: EncoderConfig | ScorerConfig, mode: Optimize
) -> OnnxEncoder | OnnxScorer | None:
    folder = source.path()
    if isinstance(config, EncoderConfig):
        network = _network(source, Wanted(f"{ORIGINALS}:Encoding", ("last_hidden_state",), config.part), mode)
        return None if network is None else OnnxEncoder(folder, network, config)
    if config.activation.rpartition(".")[2] not in ACTIVATION_FUNCTIONS:
        raise Unsupported(f"scores are made with {config.activation}")
    network = _network(source, Wanted(f"{ORIGINALS}:Scoring", ("logits",), config.part), mode)
    return None if network is None else OnnxScorer(folder, network, config)


def _network(source: ModelSource, wanted: Wanted, mode: Optimize) -> OnnxNetwork | None:
    file = network_file(source, wanted, mode)
    return None if file is None else OnnxNetwork(file, wanted.outputs, side_by_side=True)


class OnnxText:
    """A network that reads tokens."""

    device = "cpu"
    dtype: str | None = None

    def __init__(self, folder: Path, network: OnnxNetwork, config: TextConfig) -> None:
        self.network, self.lanes = network, network.lanes
        self.longest: int | None = config.longest
        self._has_types = config.tokenizer.has_types
        self._tokens = TokenReader(folder / config.part, config.longest, config.tokenizer)
        self.tokenizer = self._tokens.tokenizer

    def preprocess(self, text: str) -> str:
        return self._tokens.of(text)

    def in_calls(self, texts: Sequence[Any], read: Callable[[Sequence[Any]], Vectors]) -> Vectors:
        """The vectors that `read` gives of texts (or pairs), in their order; TEXTS_PER_CALL a call, longest first, and
        fewer of long ones."""
        is_little = self.longest is not None and len(texts) * self.longest <= TOKENS_PER_CALL
        if len(texts) == 1 or (is_little and len(texts) <= TEXTS_PER_CALL):
            return read(texts)
        sizes = [len("".join(text).encode()) for text in texts]
        order = sorted(range(len(texts)), key=lambda n: -sizes[n])
        found: dict[int, Any] = {}
        while order:
            checkpoint()
            count = texts_per_call(TEXTS_PER_CALL, self.longest, sizes[order[0]])
            places, order = order[:count], order[count:]
            found.update(zip(places, read([texts[n] for n in places]), strict=True))
        return np.stack([found[n] for n in range(len(texts))])

    def run(self, texts: Sequence[Any], side: Side | None = None) -> tuple[Vectors, Vectors]:
        """What the network makes of texts (or pairs), and the mask of shape (texts, tokens): 1 where there is one."""
        encoded = self._tokens.batch(texts, side)
        ids = np.array([one.ids for one in encoded], dtype=np.int64)
        types = [one.type_ids for one in encoded] if self._has_types else np.zeros_like(ids)
        features = {
            "input_ids": ids,
            "attention_mask": np.array([one.attention_mask for one in encoded], dtype=np.int64),
            "token_type_ids": np.array(types, dtype=np.int64),
        }
        (outputs,) = self.network(features).values()
        return outputs, features["attention_mask"].astype(np.float32)

    def check_shape(self, dimensions: int, size: int) -> None:
        """Raise Unsupported for a file that does not give outputs of so many dimensions, `size` in the last."""
        try:
            shape = self.run(["a"])[0].shape
        except Exception as error:
            raise Unsupported(f"the ONNX file does not run: {str(error)[:300]}") from error
        if (len(shape), shape[-1]) != (dimensions, size):
            raise Unsupported(f"the ONNX file gives outputs of shape {shape}, of which no answer can be made")


class OnnxEncoder(OnnxText):
    """Embeddings as SentenceTransformer makes them of a network, its pooling and, it may be, its normalisation."""

    def __init__(self, folder: Path, network: OnnxNetwork, config: EncoderConfig) -> None:
        super().__init__(folder, network, config)
        self.check_shape(3, config.width)
        self._config = config
        self.prompts: Mapping[str, str] = config.prompts
        self._similarity = SIMILARITY_FUNCTIONS[config.similarity]
        self.dimension: int | None = config.width * len(config.pooling)

    def encode(self, texts: Sequence[str], way: Way = USUAL) -> Vectors:
        before = self._prompt(way)
        prompted = [before + text for text in texts] if before else texts
        modes = self._config.pooling
        vectors = self.in_calls(prompted, lambda some: pooled(*self.run(some, way.side), modes))
        if self._config.normalizes:
            vectors = l2_normalize(vectors)
        vectors = vectors[:, : self._config.truncate_dim if way.dimensions is None else way.dimensions]
        return l2_normalize(vectors) if way.normalize else vectors

    def similarity(self, left: Vectors, right: Vectors) -> Vectors:
        return self._similarity(left, right)

    def _prompt(self, way: Way) -> str:
        """The text put before each, as the library chooses it."""
        if way.role is not None:
            return next(self.prompts[name] for name in ROLES[way.role] if name in self.prompts)
        return self._config.default_prompt if way.prompt is None else self.prompts[way.prompt]


class OnnxScorer(OnnxText):
    """Scores as CrossEncoder makes them."""

    def __init__(self, folder: Path, network: OnnxNetwork, config: ScorerConfig) -> None:
        super().__init__(folder, network, config)
        self.check_shape(2, 1)
        self._activation = ACTIVATION_FUNCTIONS[config.activation.rpartition(".")[2]]
        self._prompt = config.default_prompt

    def score(self, pairs: Sequence[tuple[str, str]], *, raw: bool = False) -> Sequence[float]:
        prompted = [(self._prompt + query, text) for query, text in pairs] if self._prompt else pairs
        logits = self.in_calls(prompted, lambda some: self.run(some)[0])
        scores = logits[:, 0] if raw else self._activation(logits[:, 0])
        return [float(score) for score in scores]
