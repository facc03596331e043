"""audio-classification: labels of a whole sound: who speaks, in which language, how, or what it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from inference_common.scores import activated, best_labels
from inference_common.tasks.classification import ClassificationParams, Label
from inference_common.windows import Floats
from speechbrain.inference.classifiers import AudioClassifier, EncoderClassifier
from speechbrain.inference.speaker import SpeakerRecognition

from ._sounds import SoundPipeline


class AudioClassification(SoundPipeline[ClassificationParams, list[Label]]):
    kinds = (EncoderClassifier, AudioClassifier, SpeakerRecognition)

    def _use(self, network: Any) -> None:
        super()._use(network)
        if "classifier" not in network.mods:
            raise TypeError("the model tells voices apart, but has no classifier to name them")
        named = getattr(getattr(network.hparams, "label_encoder", None), "ind2lab", {})
        self.measure(self._logits)
        self.names = [str(named.get(place, f"LABEL_{place}")) for place in range(max(named, default=-1) + 1)]

    def answers(self, waves: Floats, params: ClassificationParams) -> Sequence[list[Label]]:
        logits = self._logits(torch.from_numpy(waves)).reshape(len(waves), -1).float().cpu().numpy()
        scores = activated(logits, params.function_to_apply or "softmax")
        return [best_labels(one, self.names, params.top_k) for one in scores]

    def _logits(self, waves: torch.Tensor) -> torch.Tensor:
        """Of each class, as of the library's `classify_batch`, which wants a name for every class."""
        given, lengths = self.with_silence(waves)
        if isinstance(self.network, AudioClassifier):
            made: torch.Tensor = self.network.classify_batch(given)[0]
        else:
            made = self.network.mods.classifier(self.network.encode_batch(given, lengths))
        return made
