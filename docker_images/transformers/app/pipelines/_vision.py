"""What the tasks of images share: preparing them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Generic

import torch
from inference_common.codecs.image import mode_of
from inference_common.onnx.examples import PICTURES, batches
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.task import In, Out, P
from inference_common.tasks.detection import Box
from PIL.Image import Image, fromarray
from transformers import AutoImageProcessor, PreTrainedConfig

from ._shared import Features as Features
from ._shared import ModelPipeline

RGB = 3
"""The channels of nearly all networks."""
LOOKING = ("backbone_config", "vision_config", "encoder")
"""Where a config has that of the part which looks; a backbone before its owner, whose own channels it ignores then."""
CHANNELS = ("num_channels", "in_channels", "in_chans")
"""What configs call the number of channels."""


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


def channels_of(config: Any) -> int:
    """How many channels of an image a network reads, as its config or that of its part which looks says."""
    for place in LOOKING:
        part = getattr(config, place, None)
        if isinstance(part, PreTrainedConfig):
            return channels_of(part)
    return next((count for name in CHANNELS if isinstance(count := getattr(config, name, None), int)), RGB)


def refuse_other_than_rgb(config: Any) -> None:
    """For what always gets RGB. Raises TypeError for a network of other channels."""
    channels = channels_of(config)
    if channels != RGB:
        raise TypeError(f"the network reads images of {channels} channels, and for this task they are in RGB")


def fit_channels(processor: Any, channels: int) -> None:
    """Have an image processor keep an image's channels. A mean or deviation that is the same for each of its own holds
    for each of these. Raises TypeError where it is not."""
    processor.do_convert_rgb = False
    for name in ("image_mean", "image_std"):
        levels = getattr(processor, name, None)
        if isinstance(levels, list | tuple) and len(levels) != channels:
            if len(set(levels)) > 1:
                raise TypeError(
                    f"the network reads images of {channels} channels, and the {name} of its preprocessor_config.json"
                    f" is of {len(levels)}"
                )
            setattr(processor, name, [levels[0]] * channels)


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
        channels = channels_of(self.network.config)
        self.image_mode = mode_of(channels)
        if channels != RGB:
            fit_channels(self.processor, channels)

    def examples(self) -> Sequence[Features]:
        """What an ONNX file is held to the network by: pictures of several sizes."""
        mode = self.image_mode
        prepared = [[self.prepare(fromarray(levels).convert(mode)) for levels in some] for some in batches(PICTURES)]
        return [{name: torch.cat([one[name] for one in some]) for name in some[0]} for some in prepared]

    def prepare(self, image: Image) -> Features:
        """One image as the network reads it, where the network is."""
        return self.moved(self.processor(images=[image], return_tensors="pt"))
