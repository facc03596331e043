"""mask-generation: the outlines of all that stands out.

The network is asked at a grid of points, of the image and of parts of it; of masks that nearly agree the best is kept
(the automatic mask generator of Kirillov et al., "Segment Anything", 2023, appendix B).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from inference_common.errors import TooLarge
from inference_common.tasks.segmentation import Mask, MaskGenerationParams
from PIL import Image
from transformers import AutoModelForMaskGeneration

from ._memory import drawing
from ._vision import ImagePipeline

MOST_PIXELS = 16_000_000
MOST_POINTS = 64  # asked at once
BATCH_BYTES = 512 * 1024 * 1024
"""Of the masks of one batch of points, float32 and as large as the image."""
MASKS_A_POINT = 3
DRAWN_COPIES = 3  # of them, as they are drawn and thresholded: 2.3 to 2.6 were seen on images of 1 and 4 million pixels

RunLengths = Mapping[str, Sequence[int]]
"""A mask: `size` (height, width), and `counts` of pixels outside, inside, outside, ... column by column."""
Found = tuple[Sequence[RunLengths], torch.Tensor, torch.Tensor]
"""Masks, their scores (masks,), and their boxes (masks, 4) in pixels of the image."""


class MaskGeneration(ImagePipeline[Image.Image, MaskGenerationParams, list[Mask]]):
    auto = AutoModelForMaskGeneration

    max_batch_size = 1  # the points of one image are a batch

    @torch.inference_mode()
    def __call__(self, inputs: Image.Image, params: MaskGenerationParams) -> list[Mask]:
        if inputs.width * inputs.height > MOST_PIXELS:
            raise TooLarge(f"This model outlines images of at most {MOST_PIXELS:,} pixels; send a smaller one")
        found = list(self._found(inputs, params))
        if not found:
            return []
        masks = [mask for some, _, _ in found for mask in some]
        scores = torch.cat([some for _, some, _ in found])
        kept = best_apart(torch.cat([boxes for _, _, boxes in found]).float(), scores, params.crops_nms_thresh)
        return [{"mask": _picture(masks[place]), "score": float(scores[place])} for place in kept]

    def cost(self, inputs: Image.Image) -> int:
        return inputs.width * inputs.height

    def memory(self, costs: Sequence[int], params: MaskGenerationParams) -> int:
        points = min(MOST_POINTS, params.points_per_crop**2)
        drawn = [4 * MASKS_A_POINT * min(points, _most_points(cost, self._side)) * cost for cost in costs]
        return drawing(DRAWN_COPIES * max(drawn))

    @property
    def _side(self) -> int:
        """Pixels of a side of the square that the network looks at."""
        size = self.processor.size
        return int(size.get("longest_edge") or size["height"])

    def _found(self, image: Image.Image, params: MaskGenerationParams) -> Iterator[Found]:
        side = self._side
        boxes, points, parts, labels = self.processor.generate_crop_boxes(
            image, side, params.crops_n_layers, params.crop_overlap_ratio, params.points_per_crop, device=self.device
        )
        read = self.processor(images=parts, return_tensors="pt")
        step = min(MOST_POINTS, _most_points(image.width * image.height, side))
        for part in range(len(parts)):
            embedded = self._embedded(read["pixel_values"][part : part + 1])
            sizes = {name: read[name][part : part + 1].tolist() for name in ("original_sizes", "reshaped_input_sizes")}
            for start in range(0, points.shape[1], step):
                asked = (slice(None), slice(start, start + step), slice(part, part + 1))
                outputs = self.network(
                    **embedded, input_points=points[asked].to(self.network.dtype), input_labels=labels[asked]
                )
                found = self._kept(outputs, sizes, (image.height, image.width), boxes[part], params)
                if found is not None:
                    yield found

    def _embedded(self, pixels: torch.Tensor) -> dict[str, Any]:
        network: Any = self.network
        found = network.get_image_embeddings(pixels.to(self.device, network.dtype))
        if isinstance(found, tuple):  # as of SAM-HQ
            return {"image_embeddings": found[0], "intermediate_embeddings": found[1]}
        return {"image_embeddings": found}

    def _kept(self, outputs: Any, sizes: Mapping[str, Any], whole: tuple[int, int], box: torch.Tensor,
              params: MaskGenerationParams) -> Found | None:  # fmt: skip
        """What is sure enough, and stable, of one batch of points in the part of the image that `box` tells."""
        scores = outputs.iou_scores[0].float()
        sure = (
            scores > params.pred_iou_thresh if params.pred_iou_thresh > 0 else torch.ones_like(scores, dtype=torch.bool)
        )
        if not sure.any():
            return None  # before anything is drawn at full size
        low = outputs.pred_masks[0].float()[sure][None, :, None]
        drawn = self.processor.post_process_masks(low, mask_threshold=params.mask_threshold, binarize=False, **sizes)
        masks, scores, boxes = self.processor.filter_masks(
            drawn[0].cpu(),
            scores[sure][:, None].cpu(),
            whole,
            box.tolist(),
            pred_iou_thresh=params.pred_iou_thresh,
            stability_score_thresh=params.stability_score_thresh,
            mask_threshold=params.mask_threshold,
            stability_score_offset=params.stability_score_offset,
        )
        return masks, scores, boxes


def best_apart(boxes: torch.Tensor, scores: torch.Tensor, threshold: float) -> list[int]:
    """Places of the boxes, best first, that overlap no better one by more than `threshold` (intersection over union).

    `boxes` is float of shape (boxes, 4), `scores` of shape (boxes,).
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = scores.argsort(descending=True, stable=True)
    kept = []
    while left.numel():
        best, left = left[0], left[1:]
        kept.append(int(best))
        corner = torch.maximum(boxes[best, :2], boxes[left, :2])
        sides = (torch.minimum(boxes[best, 2:], boxes[left, 2:]) - corner).clamp(min=0)
        shared = sides.prod(-1)
        # Boxes without area share nothing, also with one another: 0 / 0 is no overlap.
        left = left[~(shared / (areas[best] + areas[left] - shared) > threshold)]
    return kept


def _most_points(pixels: int, side: int) -> int:
    """How many points' masks one batch may hold, for an image of so many pixels."""
    return max(1, BATCH_BYTES // (4 * MASKS_A_POINT * max(pixels, side * side)))


def _picture(mask: RunLengths) -> Image.Image:
    height, width = mask["size"]
    inside = np.arange(len(mask["counts"])) % 2 * np.uint8(255)
    columns = np.repeat(inside.astype(np.uint8), mask["counts"]).reshape(width, height)
    return Image.fromarray(np.ascontiguousarray(columns.T))
