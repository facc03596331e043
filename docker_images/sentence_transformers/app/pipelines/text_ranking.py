"""text-ranking: the texts of a query, best first; by a cross-encoder, or by the similarity of embeddings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference_common.tasks.text import RankedText, RankingInputs, RankingParams

from ._cut import cut_texts
from ._networks import Encoder, Scorer, Way
from ._shared import SHORT_TEXTS, TextPipeline, encodes


class TextRanking(TextPipeline[RankingInputs, RankingParams, list[RankedText]]):
    also = ("feature-extraction", "sentence-similarity")

    def __call__(self, inputs: RankingInputs, params: RankingParams) -> list[RankedText]:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[RankingInputs], params: RankingParams) -> Sequence[list[RankedText]]:
        network = self.network
        if params.truncate is False:
            self._refuse_too_long(inputs)
        if encodes(network):
            return [_ranked(_similarities(network, item)) for item in inputs]
        pairs = [(item.query, text) for item in inputs for text in item.texts]
        flat = iter(network.score(pairs, raw=bool(params.raw_scores)))
        return [_ranked([next(flat) for _ in item.texts]) for item in inputs]

    def warnings(self, inputs: Sequence[RankingInputs], costs: Sequence[int], params: RankingParams) -> Sequence[str]:
        if encodes(self.network):
            return cut_texts(self.network, self.tokens, [text for one in inputs for text in (one.query, *one.texts)])
        return cut_texts(self.network, self.tokens, [f"{one.query} {text}" for one in inputs for text in one.texts])

    def comparisons(self) -> Iterator[tuple[Sequence[RankingInputs], RankingParams]]:
        texts = SHORT_TEXTS if encodes(self.network) else self.compared_texts()
        yield [RankingInputs(query=query, texts=list(texts)) for query in (texts[0], texts[-1])], RankingParams()

    def cost(self, inputs: RankingInputs) -> int:
        return sum(self.tokens(text) for text in (inputs.query, *inputs.texts))

    def _refuse_too_long(self, inputs: Sequence[RankingInputs]) -> None:
        if encodes(self.network):
            self.refuse_too_long(self.tokens.length(text) for item in inputs for text in (item.query, *item.texts))
        else:
            self.refuse_too_long(self.tokens.length(item.query, text) for item in inputs for text in item.texts)

    @classmethod
    def takes(cls, network: Encoder | Scorer) -> bool:
        return True


def _similarities(encoder: Encoder, item: RankingInputs) -> list[float]:
    query = encoder.encode([item.query], Way(role="query"))
    texts = encoder.encode(item.texts, Way(role="document"))
    return [float(score) for score in encoder.similarity(query, texts)[0]]


def _ranked(scores: Sequence[float]) -> list[RankedText]:
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    return [{"index": index, "score": scores[index]} for index in order]
