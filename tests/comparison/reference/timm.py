"""timm: create_model and the transforms of its own config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import timm
import torch

from .media import Keywords
from .pictures import image

ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "softmax": lambda logits: logits.softmax(-1),
    "sigmoid": torch.sigmoid,
    "none": lambda logits: logits,
}


def network_of(folder: Path) -> tuple[Any, Any]:
    """A network, and what makes pixels of an image for it."""
    network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    config = timm.data.resolve_data_config({}, model=network)
    return network, timm.data.create_transform(**config, is_training=False)


def image_classification(folder: Path) -> Callable[..., Any]:
    network, transform = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        logits = network(transform(image(inputs))[None])[0]
        scores = ACTIVATIONS[parameters.get("function_to_apply", "softmax")](logits)
        best = scores.topk(min(parameters.get("top_k", 5), len(scores)))
        names = network.pretrained_cfg["label_names"]
        return [{"label": names[n], "score": score} for score, n in zip(*map(torch.Tensor.tolist, best), strict=True)]

    return call


def image_feature_extraction(folder: Path) -> Callable[..., Any]:
    network, transform = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        features = network.forward_features(transform(image(inputs))[None])
        pooled = parameters.get("pool") is not False
        return (network.forward_head(features, pre_logits=True) if pooled else features)[0]

    return call


ANSWERS = {"image-classification": image_classification, "image-feature-extraction": image_feature_extraction}
