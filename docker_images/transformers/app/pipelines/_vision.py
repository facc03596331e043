"""What the tasks of images share: preparing them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Generic

import torch
from inference_common.onnx.examples import PICTURES, batches
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.task import In, Out, P
from inference_common.tasks.detection import Box
from PIL.Image import Image, fromarray
from transformers import AutoImageProcessor

from ._shared import Features as Features
from ._shared import ModelPipeline


def sizes(images: Sequence[Image], places: Sequence[int]) -> list[tuple[int, int]]:
    """(height, width) of the images at `places`, in pixels."""
    return [(images[place].height, images[place].width) for place in places]


def box_of(corners: Sequence[float]) -> Box:
    """A box of its corners (left, top, right, bottom), cut to whole pixels."""
    xmin, ymin, xmax, ymax = map(int, corners)
    return {"xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax}


def side_of(processor: Any) -> int | None:
    """How many pixels of an image's shorter side the network looks at; None where that is not known."""
    size = processor.size if getattr(processor, "do_resize", False) else None
    if size is None or not (size.get("shortest_edge") or size.get("height")):
        return None
    shortest = size.get("shortest_edge") or max(size["height"], size["width"])
    side: int = math.ceil(shortest / (getattr(processor, "crop_pct", None) or 1))
    return side


class ImagePipeline(ModelPipeline[In, P, Out], Generic[In, P, Out]):
    """A pipeline whose network reads pixels."""

    max_batch_size = 16
    of_the_whole: ClassVar[bool] = False
    """Whether an answer is of the image as a whole, and tells no place in it."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        loader: Any = AutoImageProcessor
        # Pillow's backend: the same numbers whether or not torchvision is there.
        self.processor: Any = loader.from_pretrained(self.folder, local_files_only=True, backend="pil")
        self.side = side_of(self.processor) if self.of_the_whole else None

    def examples(self) -> Sequence[Features]:
        """What an ONNX file is held to the network by: pictures of several sizes."""
        prepared = [[self.prepare(fromarray(levels)) for levels in some] for some in batches(PICTURES)]
        return [{name: torch.cat([one[name] for one in some]) for name in some[0]} for some in prepared]

    def prepare(self, image: Image) -> Features:
        """One image as the network reads it, where the network is."""
        return self.moved(self.processor(images=[image], return_tensors="pt"))
