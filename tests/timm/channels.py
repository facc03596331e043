"""Writes a tiny network of so many channels, and what the library makes of images with it.

`python channels.py FOLDER CHANNELS IMAGE...`, in timm's environment; the scores of the classes of each image go to
stdout, as JSON, or why the network is not loaded by our pipeline.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import timm
import torch
from inference_common.discover import discover
from inference_common.source import FolderSource
from PIL import Image
from timm.data import create_transform, resolve_input_data_config
from timm.models import save_for_hf

MODES = {1: "L", 2: "LA", 4: "RGBA"}


def write(folder: Path, channels: int) -> None:
    torch.manual_seed(0)
    shape = {"img_size": 32, "embed_dim": 32, "depth": 2, "num_heads": 2}
    network = timm.create_model("vit_tiny_patch16_224", num_classes=3, in_chans=channels, **shape)
    for weight in network.parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.2)
    data = {"mean": tuple(0.3 + 0.1 * n for n in range(channels)), "std": tuple(0.2 + 0.1 * n for n in range(channels))}
    config = {"label_names": ["a", "b", "c"]}
    save_for_hf(network, str(folder), model_config=config, data_config=data, safe_serialization=True)


def of_other_channels(folder: Path) -> None:
    """Have the config name a mean of three channels, as that of a network that was made of one of three does."""
    file = folder / "config.json"
    config = json.loads(file.read_text())
    told = {"input_size": [3, 32, 32], "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.2, 0.5]}
    file.write_text(json.dumps({**config, "pretrained_cfg": {**config["pretrained_cfg"], **told}}))


def scores(folder: Path, channels: int, images: list[str]) -> list[list[float]]:
    network = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    transform = create_transform(**resolve_input_data_config(network))
    pixels = [transform(Image.open(image).convert(MODES[channels])) for image in images]
    with torch.inference_mode():
        return network(torch.stack(pixels)).softmax(-1).tolist()  # type: ignore[no-any-return]


def refusal(folder: Path) -> str:
    try:
        discover("app.pipelines").load("image-classification")(FolderSource(folder), "cpu")
    except TypeError as error:
        return str(error)
    return ""


folder, channels, images = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
write(folder, channels)
if "three" in folder.name:
    of_other_channels(folder)
json.dump(scores(folder, channels, images) if channels in MODES else refusal(folder), sys.stdout)
