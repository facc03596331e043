"""image-classification: labels of a whole image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from inference_common.pipeline import Device, Pipeline
from inference_common.scores import activated, best_labels
from inference_common.tasks.classification import ClassificationParams, Label
from PIL.Image import Image

from ._networks import Network, library
from ._shared import ImagePipeline

TOP_K = 5


class ImageClassification(ImagePipeline[ClassificationParams, list[Label]]):
    also = ("image-feature-extraction",)

    def _use(self, network: Network, config: Mapping[str, Any], device: Device) -> None:
        super()._use(network, config, device)
        if not config["num_classes"]:
            raise TypeError("this model has no classifier: its task is image-feature-extraction")
        self.labels = labels_of(config)

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        has_classifier = isinstance(other, ImagePipeline) and other.config["num_classes"]
        return super().adopt(other) if has_classifier else None

    def __call__(self, inputs: Image, params: ClassificationParams) -> list[Label]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image], params: ClassificationParams) -> Sequence[list[Label]]:
        logits = self.network(self.prepare(inputs)).logits.float().cpu().numpy()
        scores = activated(logits, params.function_to_apply or "softmax")
        # Names of more classes than the network has are those of others.
        labels = self.labels if len(self.labels) <= scores.shape[1] else []
        return [best_labels(row, labels, params.top_k or TOP_K) for row in scores]


def labels_of(config: Mapping[str, Any]) -> list[str]:
    """The checkpoint's names of its classes; else ImageNet's, where the number of classes is one of ImageNet's."""
    names = config.get("label_names")
    if names:
        ordered = [names[str(n)] for n in range(len(names))] if isinstance(names, dict) else list(names)
        descriptions = config.get("label_descriptions") or {}
        return [str(descriptions.get(name, name)) for name in ordered]
    subset = library.data.infer_imagenet_subset(dict(config))
    return [] if subset is None else list(library.data.ImageNetInfo(subset).label_descriptions())
