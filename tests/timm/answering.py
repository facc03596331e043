"""`python answering.py FOLDER`, in the library's environment and folder: writes a tiny model in each configuration into
the folder, and to standard output, as JSON, the library's own answers, and the pipeline's by the library's network and
by an ONNX file of it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
import timm
import torch
from app.pipelines._shared import WANTED  # type: ignore[import-not-found]
from app.pipelines.image_classification import ImageClassification  # type: ignore[import-not-found]
from app.pipelines.image_feature_extraction import ImageFeatureExtraction  # type: ignore[import-not-found]
from configurations import CONFIGURATIONS, Configuration  # type: ignore[import-not-found]
from inference_common.onnx.examples import PICTURES
from inference_common.onnx.make import export
from inference_common.onnx.search import Search, searching
from inference_common.source import FolderSource
from inference_common.tasks.classification import ClassificationParams
from inference_common.tasks.image import ImageFeatureExtractionParams
from PIL.Image import Image, fromarray

IMAGES: Sequence[Image] = [fromarray(levels) for levels in PICTURES]


def main(folder: Path) -> None:
    """Answer over each configuration."""
    base = folder / "base"
    models.image_classification(base)
    original = ImageFeatureExtraction(FolderSource(base), "cpu")
    export(original.network, original.examples(), WANTED.outputs, folder / "model.onnx")
    answers: dict[str, Any] = {}
    for name, configuration in CONFIGURATIONS.items():
        model = folder / name
        shutil.copytree(base, model)
        _edit(model / "config.json", configuration)
        ways: Mapping[str, Callable[[Path], Any]] = {
            "reference": _reference,
            "library": lambda model: _answer(ImageClassification(FolderSource(model), "cpu")),
            "onnx": lambda model: _answer(_over_file(model, folder / "model.onnx")),
        }
        answers[name] = {way: _said(answer, model) for way, answer in ways.items()}
    json.dump(answers, sys.stdout)


def _edit(file: Path, configuration: Configuration) -> None:
    config = json.loads(file.read_text())
    config["pretrained_cfg"] |= configuration.pretrained
    config |= configuration.top
    file.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def _over_file(model: Path, file: Path) -> ImageClassification:
    with searching(Search(file=file)):
        return ImageClassification.optimized(FolderSource(model), "onnx")


def _said(answer: Callable[[Path], Any], model: Path) -> Any:
    try:
        return answer(model)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


@torch.inference_mode()  # type: ignore[untyped-decorator]  # torch is not where this is checked
def _reference(model: Path) -> dict[str, Any]:
    library: Any = timm
    network = library.create_model(f"local-dir:{model}", pretrained=True).eval()
    transform = library.data.create_transform(**library.data.resolve_model_data_config(network), is_training=False)
    pixels = torch.stack([transform(image) for image in IMAGES])
    features = network.forward_features(pixels)
    return {
        "softmax": network(pixels).softmax(-1).tolist(),
        "none": network(pixels).tolist(),
        "pooled": network.forward_head(features, pre_logits=True).tolist(),
        "features": features.tolist(),
    }


def _answer(pipeline: ImageClassification) -> dict[str, Any]:
    features = ImageFeatureExtraction.adopt(pipeline)
    classes = {
        name: pipeline.batch(IMAGES, ClassificationParams(function_to_apply=name)) for name in ("softmax", "none")
    }
    vectors = {
        name: [one.tolist() for one in features.batch(IMAGES, ImageFeatureExtractionParams(pool=pool))]
        for name, pool in (("pooled", True), ("features", False))
    }
    return {**classes, **vectors}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
