"""Tasks that say something of a whole image: its class, its features, how far each of its pixels is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL.Image import Image
from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ..client import Client
from ..codecs.image import as_base64_png, image_input
from ..codecs.json import JsonOutput
from ..pipeline import Pipeline
from ..samples import as_json, sample
from ..task import BadPayload, Params, Payload, Task
from .classification import ClassificationParams, Label
from .labels import CandidateLabels, HypothesisTemplate

Features = npt.NDArray[np.float32]
"""One image's features: float32 of shape (patches, dimensions), or (dimensions,) when pooled."""


class ImageFeatureExtractionParams(Params):
    """Of image-feature-extraction."""

    pool: bool | None = Field(default=None, description="one vector of the whole image, not one a patch", strict=True)


class ZeroShotImageClassificationParams(Params):
    """Of zero-shot-image-classification; labels are the caller's own."""

    candidate_labels: CandidateLabels
    hypothesis_template: HypothesisTemplate = Field(
        default="This is a photo of {}.", description="the sentence that is compared with the image, {} is a label"
    )


class DepthMap(TypedDict):
    """Of one image: `predicted_depth` float32 of its own (height, width) in the model's unit, `depth` the same as gray
    of mode L, 0 at its least and 255 at its most."""

    predicted_depth: npt.NDArray[np.float32]
    depth: Image


class DepthAnswer(TypedDict):
    """A PNG in base64."""

    depth: str


DepthEstimation = Pipeline[Image, Params, DepthMap]
ImageClassification = Pipeline[Image, ClassificationParams, list[Label]]
ImageFeatureExtraction = Pipeline[Image, ImageFeatureExtractionParams, Features]
ZeroShotImageClassification = Pipeline[Image, ZeroShotImageClassificationParams, list[Label]]

JPEG, PNG = sample("image.jpg"), sample("image.png")

NOT_IMAGES = (
    BadPayload(Payload(b"", "image/jpeg"), 400, "empty"),
    BadPayload(Payload(b"/etc/passwd", None), 415, "PNG, JPEG"),
    BadPayload(Payload(b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "image/svg+xml"), 415, "PNG"),
    BadPayload(Payload(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "image/eps"), 415, "PNG"),
    BadPayload(Payload(JPEG[: len(JPEG) // 2], "image/jpeg"), 415, "cut short"),
    BadPayload(Payload(b'{"inputs": "not base64!"}'), 400, "base64"),
    BadPayload(Payload(b'{"inputs": "https://example.org/cat.png"}'), 400, "address"),
    BadPayload(Payload(b'{"inputs": "aGVsbG8="}'), 415, "PNG"),
)
"""What every task that takes an image refuses."""


def _depth_answer(output: DepthMap, client: Client) -> DepthAnswer:
    return {"depth": as_base64_png(output["depth"])}


IMAGE_CLASSIFICATION = Task[Image, ClassificationParams, list[Label]](
    name="image-classification",
    input=image_input(),
    params=ClassificationParams,
    output=JsonOutput(list[Label]),
    good=(
        Payload(JPEG, "image/jpeg"),
        Payload(PNG, None),
        Payload(JPEG, "image/jpeg", {"top_k": "1"}),
        as_json("image.jpg"),
        as_json("image.png", parameters={"top_k": 2, "function_to_apply": "sigmoid"}),
        as_json("image.jpg", "image", parameters={"function_to_apply": "none"}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters={"top_k": 0}), 400, "top_k"),
        BadPayload(as_json("image.jpg", parameters={"function_to_apply": "tanh"}), 400, "function_to_apply"),
        BadPayload(as_json("image.jpg", parameters={"topk": 1}), 400, "top_k"),
        BadPayload(as_json("image.jpg", top_k=1), 400, "parameters"),
    ),
)

ZERO_SHOT_IMAGE_CLASSIFICATION = Task[Image, ZeroShotImageClassificationParams, list[Label]](
    name="zero-shot-image-classification",
    # As huggingface_hub sent it in release 0.26.
    input=image_input(bare=frozenset({"image"}), params_inside={"candidateLabels": "candidate_labels"}),
    params=ZeroShotImageClassificationParams,
    output=JsonOutput(list[Label]),
    good=(
        as_json("image.jpg", parameters={"candidate_labels": ["a house", "a cat", "the sea"]}),
        as_json("image.png", parameters={"candidate_labels": "a house, a cat", "hypothesis_template": "I see {}"}),
        as_json("image.jpg", "image", parameters={"candidate_labels": ["a house"]}),
        # As huggingface_hub sent it before release 0.25.
        Payload(
            as_json("image.png", parameters={"candidate_labels": "a house,a cat"}).body.replace(b"inputs", b"image", 1)
        ),
        Payload(JPEG, "image/jpeg", {"candidate_labels": '["a house", "a cat"]'}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(Payload(JPEG, "image/jpeg"), 400, "candidate_labels"),
        BadPayload(as_json("image.jpg", parameters={"candidate_labels": []}), 400, "candidate_labels"),
        BadPayload(as_json("image.jpg", parameters={"candidate_labels": ["a", ""]}), 400, "candidate_labels"),
        BadPayload(as_json("image.jpg", parameters={"candidate_labels": [1]}), 400, "candidate_labels"),
        BadPayload(as_json("image.jpg", parameters={"candidate_labels": {"a": 1}}), 400, "candidate_labels"),
        BadPayload(
            as_json("image.jpg", parameters={"candidate_labels": ["a"], "hypothesis_template": "a photo"}), 400, "{}"
        ),
    ),
)

IMAGE_FEATURE_EXTRACTION = Task[Image, ImageFeatureExtractionParams, Features](
    name="image-feature-extraction",
    input=image_input(),
    params=ImageFeatureExtractionParams,
    # One image gets a list of one, as the library's own pipeline answers.
    output=JsonOutput(list[float] | list[list[float]], listed=lambda client: True),
    good=(
        Payload(JPEG, "image/jpeg"),
        Payload(PNG, None),
        as_json("image.jpg"),
        as_json("image.jpg", parameters={"pool": True}),
    ),
    bad=(
        *NOT_IMAGES,
        BadPayload(as_json("image.jpg", parameters={"pool": 1}), 400, "pool"),
        BadPayload(as_json("image.jpg", parameters={"top_k": 1}), 400, "pool"),
    ),
)

DEPTH_ESTIMATION = Task[Image, Params, DepthMap](
    name="depth-estimation",
    input=image_input(),
    params=Params,
    output=JsonOutput(DepthAnswer, _depth_answer, extra="image"),
    good=(Payload(JPEG, "image/jpeg"), Payload(PNG, None), as_json("image.jpg"), as_json("image.png", "image")),
    bad=(*NOT_IMAGES, BadPayload(as_json("image.jpg", parameters={"top_k": 1}), 400, "none")),
)
