"""What servers say of networks of which some weights are missing, of a kind that the library loads all the same.

    python missing.py FOLDER      (in the library's environment; an empty folder for the models)

{what is missing: {task: [why it is not ready, the tasks served]}} goes to standard output.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import timm  # this and what follows are in the library's own environment
import torch
from inference_common.testing.in_process import served
from safetensors.torch import load_file, save_file
from timm.models import save_for_hf

NETWORK = "dla46x_c"
MISSING = {"nothing": (), "classifier": ("fc.weight", "fc.bias"), "body": ("base_layer.0.weight",)}
TASKS = ("image-classification", "image-feature-extraction")


def write(folder: Path, missing: tuple[str, ...]) -> None:
    torch.manual_seed(0)
    save_for_hf(timm.create_model(NETWORK, num_classes=3), str(folder), safe_serialization=True)
    (file,) = folder.glob("*.safetensors")
    kept = {name: tensor for name, tensor in load_file(file).items() if name not in missing}
    save_file(kept, file)


def said(task: str, folder: Path) -> list[Any]:
    with served(task, folder) as (client, reason):
        return [reason, [] if reason else client.get("/info").json()["tasks"]]


def main(place: Path) -> None:
    found = {}
    for name, missing in MISSING.items():
        write(place / name, missing)
        found[name] = {task: said(task, place / name) for task in TASKS}
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
