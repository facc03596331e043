"""sentence-similarity: how near each sentence is to the source sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference_common.tasks.text import SimilarityInputs, SimilarityParams

from ._cut import cut_texts
from ._networks import Way
from ._shared import SHORT_TEXTS, EncoderPipeline


class SentenceSimilarity(EncoderPipeline[SimilarityInputs, SimilarityParams, list[float]]):
    also = ("feature-extraction", "text-ranking")

    def __call__(self, inputs: SimilarityInputs, params: SimilarityParams) -> list[float]:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[SimilarityInputs], params: SimilarityParams) -> Sequence[list[float]]:
        texts = [text for item in inputs for text in (item.source_sentence, *item.sentences)]
        if params.truncate is False:
            self.refuse_too_long(map(self.tokens.length, texts))
        embeddings = self.encoder.encode(texts, Way(params.prompt_name, side=params.truncation_direction))
        scores, start = [], 0
        for item in inputs:
            end = start + 1 + len(item.sentences)
            row = self.encoder.similarity(embeddings[start : start + 1], embeddings[start + 1 : end])[0]
            scores.append([float(score) for score in row])
            start = end
        return scores

    def warnings(
        self, inputs: Sequence[SimilarityInputs], costs: Sequence[int], params: SimilarityParams
    ) -> Sequence[str]:
        texts = [text for item in inputs for text in (item.source_sentence, *item.sentences)]
        return cut_texts(self.encoder, self.tokens, texts)

    def comparisons(self) -> Iterator[tuple[Sequence[SimilarityInputs], SimilarityParams]]:
        first, *others = SHORT_TEXTS
        yield [SimilarityInputs(source_sentence=first, sentences=others)], SimilarityParams()

    def check(self, params: SimilarityParams) -> None:
        self.check_prompt(params.prompt_name)

    def cost(self, inputs: SimilarityInputs) -> int:
        return sum(self.tokens(text) for text in (inputs.source_sentence, *inputs.sentences))
