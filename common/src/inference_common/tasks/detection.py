"""Tasks that find things in an image: object-detection, zero-shot-object-detection."""

from __future__ import annotations

from PIL.Image import Image
from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..codecs.image import image_input
from ..codecs.json import JsonOutput
from ..pipeline import Pipeline
from ..samples import as_json
from ..task import BadPayload, Params, Payload, Task
from .image import JPEG, NOT_IMAGES, PNG
from .labels import CandidateLabels


class Box(TypedDict):
    """Pixels of the upright image from its top left corner."""

    xmin: int
    ymin: int
    xmax: int
    ymax: int


class Detection(TypedDict):
    """A thing that was found, and how sure the model is of it, 0 to 1."""

    label: str
    score: float
    box: Box


class ObjectDetectionParams(Params):
    """Of object-detection."""

    threshold: float = Field(default=0.5, ge=0, le=1, strict=True, description="least score that is answered")


class ZeroShotObjectDetectionParams(Params):
    """Of zero-shot-object-detection; labels are the caller's own."""

    candidate_labels: CandidateLabels
    threshold: float = Field(default=0.1, ge=0, le=1, strict=True, description="least score that is answered")


ObjectDetection = Pipeline[Image, ObjectDetectionParams, list[Detection]]
ZeroShotObjectDetection = Pipeline[Image, ZeroShotObjectDetectionParams, list[Detection]]

OBJECT_DETECTION = Task[Image, ObjectDetectionParams, list[Detection]](
    name="object-detection",
    input=image_input(),
    params=ObjectDetectionParams,
    output=JsonOutput(list[Detection]),
    good=(
        Payload(JPEG, "image/jpeg"),
        Payload(PNG, None),
        as_json("image.jpg"),
        as_json("image.jpg", parameters={"threshold": 0.2}),
        as_json("image.png", "image", parameters={"threshold": 0}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters={"threshold": 1.5}), 400, "threshold"),
        BadPayload(as_json("image.jpg", parameters={"threshold": "0.5"}), 400, "threshold"),
        BadPayload(as_json("image.jpg", parameters={"treshold": 0.5}), 400, "threshold"),
    ),
)

ZERO_SHOT_OBJECT_DETECTION = Task[Image, ZeroShotObjectDetectionParams, list[Detection]](
    name="zero-shot-object-detection",
    input=image_input(bare=frozenset({"image"})),
    params=ZeroShotObjectDetectionParams,
    output=JsonOutput(list[Detection]),
    good=(
        as_json("image.jpg", parameters={"candidate_labels": ["a house", "the sun"]}),
        as_json("image.png", parameters={"candidate_labels": "a house, the sun", "threshold": 0.3}),
        as_json("image.jpg", "image", parameters={"candidate_labels": ["a house"], "threshold": 0}),
        Payload(JPEG, "image/jpeg", {"candidate_labels": '["a house", "the sun"]', "threshold": "0.2"}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(Payload(JPEG, "image/jpeg"), 400, "candidate_labels"),
        BadPayload(as_json("image.jpg", parameters={"candidate_labels": []}), 400, "candidate_labels"),
        BadPayload(as_json("image.jpg", parameters={"candidate_labels": ["a"], "threshold": -1}), 400, "threshold"),
    ),
)
