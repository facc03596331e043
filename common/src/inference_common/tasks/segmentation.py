"""Tasks that say which pixels belong together: image-segmentation, mask-generation."""

from __future__ import annotations

from typing import Literal, NotRequired

from PIL.Image import Image
from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..client import Client
from ..codecs.image import as_base64_png, image_input
from ..codecs.json import JsonOutput
from ..pipeline import Pipeline
from ..samples import as_json
from ..task import BadPayload, Params, Payload, Task
from .image import JPEG, NOT_IMAGES, PNG

Subtask = Literal["instance", "panoptic", "semantic"]


class Segment(TypedDict):
    """A part of an image: `mask` is of mode L and the image's size, 255 inside; `score` is 0 to 1, None where the model
    has none, as of a semantic segmentation."""

    label: str
    score: float | None
    mask: Image


class SegmentAnswer(TypedDict):
    """`mask` is a PNG in base64. Without a score there is no key for it: a client refuses null."""

    label: str
    score: NotRequired[float]
    mask: str


class Mask(TypedDict):
    """A thing without a name: `mask` as of Segment, and how sure the model is of its outline, 0 to 1."""

    mask: Image
    score: float


class MaskAnswer(TypedDict):
    """`mask` is a PNG in base64."""

    mask: str
    score: float


class ImageSegmentationParams(Params):
    """Of image-segmentation; `None` leaves a choice to the model."""

    threshold: float = Field(default=0.9, ge=0, le=1, strict=True, description="least score of a segment")
    mask_threshold: float = Field(default=0.5, ge=0, le=1, strict=True, description="what makes a pixel part of a mask")
    overlap_mask_area_threshold: float = Field(
        default=0.5, ge=0, le=1, strict=True, description="drop a segment of which less than this part is left to see"
    )
    subtask: Subtask | None = Field(default=None, description="which segmentation, where the model does several")


class MaskGenerationParams(Params):
    """Of mask-generation, which asks the model at a grid of points."""

    points_per_crop: int = Field(default=32, ge=1, le=32, strict=True, description="points along a side of the grid")
    pred_iou_thresh: float = Field(default=0.88, ge=0, le=1, strict=True, description="least score of a mask")
    stability_score_thresh: float = Field(
        default=0.95, ge=0, le=1, strict=True, description="least likeness of a mask at a higher and a lower threshold"
    )
    stability_score_offset: float = Field(
        default=1.0, ge=0, le=100, strict=True, description="how much higher and lower those thresholds are"
    )
    mask_threshold: float = Field(
        default=0.0, ge=-100, le=100, strict=True, description="what makes a pixel part of a mask, as a logit"
    )
    crops_n_layers: int = Field(default=0, ge=0, le=1, strict=True, description="1: look again at 4 parts of the image")
    crop_overlap_ratio: float = Field(
        default=512 / 1500, ge=0, lt=1, strict=True, description="how far those parts overlap"
    )
    crops_nms_thresh: float = Field(
        default=0.7, ge=0, le=1, strict=True, description="of masks whose boxes overlap more, the best only"
    )


ImageSegmentation = Pipeline[Image, ImageSegmentationParams, list[Segment]]
MaskGeneration = Pipeline[Image, MaskGenerationParams, list[Mask]]


def _segments(output: list[Segment], client: Client) -> list[SegmentAnswer]:
    answers: list[SegmentAnswer] = []
    for segment in output:
        answer: SegmentAnswer = {"label": segment["label"], "mask": as_base64_png(segment["mask"])}
        if segment["score"] is not None:
            answer["score"] = segment["score"]
        elif client.javascript_older_than(3, 13):  # these refuse an answer with a segment that has none
            answer["score"] = 1.0
        answers.append(answer)
    return answers


def _masks(output: list[Mask], client: Client) -> list[MaskAnswer]:
    return [{"mask": as_base64_png(found["mask"]), "score": found["score"]} for found in output]


IMAGE_SEGMENTATION = Task[Image, ImageSegmentationParams, list[Segment]](
    name="image-segmentation",
    input=image_input(),
    params=ImageSegmentationParams,
    output=JsonOutput(list[SegmentAnswer], _segments, extra="image"),
    good=(
        Payload(JPEG, "image/jpeg"),
        Payload(PNG, None),
        as_json("image.jpg"),
        as_json("image.jpg", parameters={"subtask": "semantic"}),
        as_json("image.png", parameters={"threshold": 0.2, "mask_threshold": 0.4, "overlap_mask_area_threshold": 0.1}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters={"subtask": "sematic"}), 400, "subtask"),
        BadPayload(as_json("image.jpg", parameters={"threshold": 2}), 400, "threshold"),
        BadPayload(as_json("image.jpg", parameters={"mask_threshold": "a"}), 400, "mask_threshold"),
        BadPayload(as_json("image.jpg", parameters={"overlap": 1}), 400, "overlap_mask_area_threshold"),
    ),
)

MASK_GENERATION = Task[Image, MaskGenerationParams, list[Mask]](
    name="mask-generation",
    input=image_input(),
    params=MaskGenerationParams,
    output=JsonOutput(list[MaskAnswer], _masks, extra="image"),
    good=(
        as_json("image.jpg", parameters={"points_per_crop": 4}),
        Payload(PNG, None, {"points_per_crop": "3"}),
        as_json("image.jpg", "image", parameters={"points_per_crop": 2, "pred_iou_thresh": 0, "crops_n_layers": 1}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters={"points_per_crop": 0}), 400, "points_per_crop"),
        BadPayload(as_json("image.jpg", parameters={"crops_n_layers": 9}), 400, "crops_n_layers"),
        BadPayload(as_json("image.jpg", parameters={"pred_iou_thresh": "high"}), 400, "pred_iou_thresh"),
        BadPayload(as_json("image.jpg", parameters={"threshold": 0.5}), 400, "pred_iou_thresh"),
    ),
)
