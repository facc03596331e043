"""text-ranking: the texts of a query, best first; by a cross-encoder, or by the similarity of embeddings."""

from __future__ import annotations

from collections.abc import Sequence

from inference_common.task import Params
from inference_common.tasks.text import RankedText, RankingInputs
from sentence_transformers import CrossEncoder, SentenceTransformer

from ._shared import Network, TextPipeline


class TextRanking(TextPipeline[RankingInputs, Params, list[RankedText]]):
    also = ("feature-extraction", "sentence-similarity")

    def __call__(self, inputs: RankingInputs, params: Params) -> list[RankedText]:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[RankingInputs], params: Params) -> Sequence[list[RankedText]]:
        if isinstance(self.network, SentenceTransformer):
            encoder = self.network
            return [_ranked(_similarities(encoder, item, self.max_batch_size)) for item in inputs]
        pairs = [(item.query, text) for item in inputs for text in item.texts]
        flat = iter(self.network.predict(pairs, batch_size=self.max_batch_size, show_progress_bar=False))
        return [_ranked([float(next(flat)) for _ in item.texts]) for item in inputs]

    def cost(self, inputs: RankingInputs) -> int:
        return sum(self.tokens(text) for text in (inputs.query, *inputs.texts))

    @classmethod
    def takes(cls, network: Network) -> bool:
        return True

    def _use(self, network: Network) -> None:
        if isinstance(network, CrossEncoder) and network.num_labels != 1:
            raise TypeError(f"this cross-encoder gives {network.num_labels} labels per pair; ranking needs one score")
        super()._use(network)


def _similarities(encoder: SentenceTransformer, item: RankingInputs, batch_size: int) -> list[float]:
    query = encoder.encode_query([item.query], show_progress_bar=False, convert_to_tensor=True)
    texts = encoder.encode_document(item.texts, batch_size=batch_size, show_progress_bar=False, convert_to_tensor=True)
    return [float(score) for score in encoder.similarity(query, texts)[0]]


def _ranked(scores: Sequence[float]) -> list[RankedText]:
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    return [{"index": index, "score": scores[index]} for index in order]
