"""feature-extraction: one embedding per text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from inference_common.errors import InvalidRequest
from inference_common.tasks.text import Embedding, FeatureExtractionParams
from inference_common.warning_headers import cut_warnings, warnings_of_inputs

from ._cut import length_if_cut
from ._networks import TOKENS_PER_CALL, Encoder, Scorer, Way
from ._shared import SHORT_TEXTS, EncoderPipeline


class FeatureExtraction(EncoderPipeline[str, FeatureExtractionParams, Embedding]):
    also = ("sentence-similarity", "text-ranking")

    def _use(self, network: Encoder | Scorer) -> None:
        super()._use(network)
        self.max_batch_cost = TOKENS_PER_CALL if self.device == "cpu" and self.tokens.exact else None

    def __call__(self, inputs: str, params: FeatureExtractionParams) -> Embedding:
        return self.batch([inputs], params)[0]

    def batch(self, inputs: Sequence[str], params: FeatureExtractionParams) -> Sequence[Embedding]:
        if params.truncate is False:
            self.refuse_too_long(map(self.tokens.length, inputs))
        side = params.truncation_direction
        way = Way(params.prompt_name, None, bool(params.normalize), params.dimensions, side)
        return list(self.encoder.encode(inputs, way))

    def check(self, params: FeatureExtractionParams) -> None:
        width = self.encoder.dimension
        if params.dimensions is not None and width is not None and params.dimensions > width:
            raise InvalidRequest(f"dimensions is {params.dimensions}, and this model has {width}; ask for at most that")
        self.check_prompt(params.prompt_name)

    def comparisons(self) -> Iterator[tuple[Sequence[str], FeatureExtractionParams]]:
        texts, width = self.compared_texts(), self.encoder.dimension
        sizes = [] if width is None else [max(1, width // 2), width]
        options: list[tuple[Sequence[str], Mapping[str, Any]]] = [
            (texts, {}),
            (texts[-1:], {"truncation_direction": "left"}),
            (texts[-1:], {"truncation_direction": "right"}),
            (SHORT_TEXTS, {"normalize": True}),
            *((SHORT_TEXTS, {"prompt_name": name}) for name in self.encoder.prompts),
            *((SHORT_TEXTS, {"dimensions": size}) for size in sizes),
        ]
        for some, values in options:
            yield some, FeatureExtractionParams.model_validate(values)

    def preprocess(self, inputs: str) -> str:
        return self.encoder.preprocess(inputs)

    def cost(self, inputs: str) -> int:
        return self.tokens(inputs)

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: FeatureExtractionParams) -> Sequence[str]:
        most, side = self.encoder.longest, "last" if params.truncation_direction == "left" else "first"
        prompt = self.encoder.prompts.get(params.prompt_name or "", "")
        if most is None or max(costs) + len(prompt.encode()) < most:
            return ()
        lengths = [length_if_cut(self.encoder, self.tokens, prompt + text) for text in inputs]
        return warnings_of_inputs([cut_warnings(length, most, side) for length in lengths])
