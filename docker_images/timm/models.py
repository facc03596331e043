"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task.
"""

from __future__ import annotations

import sys
from pathlib import Path

HUB = {
    "image-classification": "timm/tf_efficientnet_lite0.in1k",
    "image-feature-extraction": "timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k",
}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ()
"""Files that mark a repository as this library's."""


def image_classification(folder: Path) -> None:
    """A ViT with three classes of its own names."""
    names = ["cat", "dog", "house"]
    _vit(folder, classes=3, config={"label_names": names})


def image_feature_extraction(folder: Path) -> None:
    """A ViT without a classifier."""
    _vit(folder, classes=0, config={})


def efficientnet_lite0(folder: Path, weights: Path) -> None:
    """The real ImageNet weights of EfficientNet-Lite0, from the file of another implementation: the same tensors in
    the same order."""
    import timm
    import torch
    from timm.models import save_for_hf

    network = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    state = torch.load(weights, map_location="cpu", weights_only=True)
    ours = network.state_dict()
    named = dict(zip(ours, state.values(), strict=True))
    network.load_state_dict({name: named[name].reshape(ours[name].shape) for name in ours})
    save_for_hf(network, str(folder), safe_serialization=True)


def _vit(folder: Path, classes: int, config: dict[str, object]) -> None:
    import timm
    import torch
    from timm.models import save_for_hf

    torch.manual_seed(0)
    shape = {"img_size": 32, "embed_dim": 32, "depth": 2, "num_heads": 2}
    network = timm.create_model("vit_tiny_patch16_224", pretrained=False, num_classes=classes, **shape)
    for weight in network.parameters():
        if weight.ndim > 1:  # far enough from zero that different images get visibly different numbers
            torch.nn.init.normal_(weight, std=0.2)
    save_for_hf(network, str(folder), model_config=config, safe_serialization=True)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](Path(sys.argv[2]))
