"""mask-generation by the library, whose last step needs torchvision: suppression of boxes, by its definition."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image
from transformers.models.sam import image_processing_pil_sam as rules

from ..media import Keywords
from ..pictures import image
from .pipes import pipe_of


def batched_nms(boxes: Any, scores: Any, idxs: Any, iou_threshold: float) -> Any:
    """The places of the boxes, best first, that overlap no better one by more than the threshold."""
    kept: list[int] = []
    for n in scores.argsort(descending=True, stable=True).tolist():
        if all(_overlap(boxes[n], boxes[other]) <= iou_threshold for other in kept):
            kept.append(n)
    return torch.tensor(kept, dtype=torch.long)


def _overlap(one: Any, other: Any) -> float:
    left, top = torch.maximum(one[:2], other[:2]).tolist()
    right, bottom = torch.minimum(one[2:], other[2:]).tolist()
    shared = max(0.0, right - left) * max(0.0, bottom - top)
    both = sum(float((box[2] - box[0]) * (box[3] - box[1])) for box in (one, other)) - shared
    return shared / both if both else 0.0


def mask_generation(folder: Path) -> Callable[..., Any]:
    pipe = pipe_of("mask-generation", folder)
    names = ("torchvision", "torchvision.ops", "torchvision.ops.boxes")
    modules = {name: ModuleType(name) for name in names}
    vars(modules[names[-1]])["batched_nms"] = batched_nms
    pipe.image_processor.post_process_for_mask_generation = rules._post_process_for_mask_generation

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        with patch.dict(sys.modules, modules):
            made = pipe(image(inputs), **parameters)
        pictures = [Image.fromarray(np.asarray(mask).astype(np.uint8) * 255) for mask in made["masks"]]
        return [{"mask": mask, "score": score} for mask, score in zip(pictures, made["scores"].tolist(), strict=True)]

    return call
