"""image-segmentation: which pixels are of which thing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from inference_common.errors import InvalidRequest
from inference_common.tasks.segmentation import ImageSegmentationParams, Segment, Subtask
from PIL import Image
from transformers import (
    AutoConfig,
    AutoModelForImageSegmentation,
    AutoModelForInstanceSegmentation,
    AutoModelForSemanticSegmentation,
    AutoModelForUniversalSegmentation,
)

from ._shared import label_of
from ._vision import Features, ImagePipeline, sizes

SUBTASKS: tuple[Subtask, ...] = ("panoptic", "instance", "semantic")
"""In the order in which one is chosen for a caller who does not say."""


KINDS: tuple[Any, ...] = (
    AutoModelForImageSegmentation,
    AutoModelForUniversalSegmentation,
    AutoModelForInstanceSegmentation,
    AutoModelForSemanticSegmentation,
)


class AutoModel:
    """Loads a network of whichever of the library's kinds of segmentation."""

    @staticmethod
    def from_pretrained(folder: Path, **options: Any) -> Any:
        """The network. Raises ValueError for one that does no segmentation."""
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        for kind in KINDS:
            if type(config) in kind._model_mapping:
                return kind.from_pretrained(folder, **options)
        raise ValueError(f"a model of type {config.model_type} does no image-segmentation")


class ImageSegmentation(ImagePipeline[Image.Image, ImageSegmentationParams, list[Segment]]):
    auto = AutoModel

    max_batch_size = 4

    def __call__(self, inputs: Image.Image, params: ImageSegmentationParams) -> list[Segment]:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Image.Image], params: ImageSegmentationParams) -> Sequence[list[Segment]]:
        subtask = params.subtask or self.subtasks[0]

        def answer(features: Features, places: list[int]) -> list[list[Segment]]:
            outputs = self.network(**features)
            process = getattr(self.processor, f"post_process_{subtask}_segmentation")
            if subtask == "semantic":
                return [self._classes(found) for found in process(outputs, target_sizes=sizes(inputs, places))]
            options = params.model_dump(exclude={"subtask"})
            if subtask == "panoptic":
                options["label_ids_to_fuse"] = set()  # the default, of which each call would print a warning
            return [self._things(found) for found in process(outputs, target_sizes=sizes(inputs, places), **options)]

        return self.in_groups([self.prepare(image) for image in inputs], answer)

    def check(self, params: ImageSegmentationParams) -> None:
        if params.subtask is not None and params.subtask not in self.subtasks:
            raise InvalidRequest(
                f"This model does no {params.subtask} segmentation; it does: {', '.join(self.subtasks)}"
            )

    def cost(self, inputs: Image.Image) -> int:
        return inputs.width * inputs.height

    @property
    def subtasks(self) -> list[Subtask]:
        """What the model can do."""
        return [name for name in SUBTASKS if hasattr(self.processor, f"post_process_{name}_segmentation")]

    def _classes(self, classes: torch.Tensor) -> list[Segment]:
        """A segment of every class of a map of classes of shape (height, width)."""
        found = classes.cpu().numpy()
        return [
            {"label": label_of(self.network, int(n)), "score": None, "mask": _mask(found == n)}
            for n in np.unique(found)
        ]

    def _things(self, found: dict[str, Any]) -> list[Segment]:
        places = found["segmentation"].cpu().numpy()
        return [
            {
                "label": label_of(self.network, segment["label_id"]),
                "score": segment["score"],
                "mask": _mask(places == segment["id"]),
            }
            for segment in found["segments_info"]
        ]


def _mask(inside: Any) -> Image.Image:
    return Image.fromarray(inside.astype(np.uint8) * 255)
