"""image-segmentation: which pixels are of which thing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from inference_common.errors import InvalidRequest, TooLarge
from inference_common.tasks.segmentation import ImageSegmentationParams, Segment, Subtask
from PIL import Image
from transformers import (
    AutoConfig,
    AutoModelForImageSegmentation,
    AutoModelForInstanceSegmentation,
    AutoModelForSemanticSegmentation,
    AutoModelForUniversalSegmentation,
)

from ._memory import USUAL_BYTES, drawing
from ._shared import label_of
from ._vision import Features, ImagePipeline, sizes

SUBTASKS: tuple[Subtask, ...] = ("panoptic", "instance", "semantic")
"""In the order in which one is chosen for a caller who does not say."""


# Of each pixel, while it is drawn what is where; the peak of 150 classes on 2 and 6 million pixels was seen to be 760:
LEVEL_BYTES = 5  # of a class or a thing: its level as a float, then its mask
PIXEL_BYTES = 24  # of which class or thing is there, in several types
USUAL_THINGS = 20  # that are drawn in an image of any size; in one of few pixels, as many as USUAL_BYTES hold

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
            self._refuse_too_many(outputs, [inputs[place] for place in places], params)
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

    def memory(self, costs: Sequence[int], params: ImageSegmentationParams) -> int:
        subtask, config = params.subtask or self.subtasks[0], self.network.config
        dearest = max(costs)
        if subtask == "semantic":
            levels = int(config.num_labels or 0)
        elif subtask == "instance" and hasattr(config, "mask_feature_size"):
            levels = self._queries  # MaskFormer and its kin draw all of them
        else:
            levels = self._most_things(dearest)
        masks = sum(costs) * min(levels, USUAL_THINGS)
        return drawing(dearest * (levels * LEVEL_BYTES + PIXEL_BYTES)) + masks

    @property
    def _queries(self) -> int:
        """The most things that the network tells of."""
        return int(getattr(self.network.config, "num_queries", None) or 100)

    def _most_things(self, pixels: int) -> int:
        """The most of them that are drawn in an image of so many pixels."""
        return min(self._queries, max(USUAL_THINGS, USUAL_BYTES // (LEVEL_BYTES * max(1, pixels))))

    def _refuse_too_many(self, outputs: Any, images: Sequence[Image.Image], params: ImageSegmentationParams) -> None:
        """Raise TooLarge where more things would be drawn at full size than their memory was counted for."""
        logits = getattr(outputs, "class_queries_logits", None)
        scores, labels = (outputs.logits if logits is None else logits).softmax(-1).max(-1)
        counts = ((scores > params.threshold) & (labels < self.network.config.num_labels)).sum(-1).tolist()
        for image, count in zip(images, counts, strict=True):
            most = self._most_things(image.width * image.height)
            if count > most:
                raise TooLarge(
                    f"The model sees {count} things, and draws at most {most} in an image of {image.width} x"
                    f" {image.height} pixels here; send a smaller image, or a higher threshold"
                )

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
