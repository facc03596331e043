"""Loads checkpoints that are like those on the Hub, and ones that should not be served.

`python checkpoints.py FOLDER`, from asteroid's folder and in its environment, writes for each what came of it: "", or
the error.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from app.pipelines import _shared  # type: ignore[import-not-found]  # and what follows: the library's own
from inference_common.source import FolderSource
from models import audio_to_audio  # type: ignore[import-not-found]


class Hidden:
    """What a pickle would call as it is read."""

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (Path(sys.argv[1]) / "ran",)


def renamed(file: Path) -> None:
    """Make it as NumPy 1 wrote its numbers."""
    with zipfile.ZipFile(file) as now:
        parts = {part: now.read(part) for part in now.namelist()}
    with zipfile.ZipFile(file, "w") as old:
        for part, content in parts.items():
            old.writestr(part, content.replace(b"numpy._core.", b"numpy.core."))


def told(name: str, *, old: bool = False, **changes: Any) -> str:
    """The error of loading a tiny model whose checkpoint has these changes."""
    folder = Path(sys.argv[1]) / name
    folder.mkdir()
    audio_to_audio(folder)
    file = folder / "pytorch_model.bin"
    torch.save({**torch.load(file, weights_only=True), **changes}, file)
    if old:
        renamed(file)
    try:
        _shared.SeparationPipeline(FolderSource(folder), "cpu")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


# What the library's recipes tell of a model that they publish: means that pandas took.
scores = {
    "final_metrics": {"si_sdr": np.float64(14.7), "count": np.int64(3)},
    "training_config": {"data": {"n_src": 2}},
}
published = Path(sys.argv[1]) / "published"
writes = {"publish_dir": str(published), "metrics": {}}
writes["model_dict"] = {"model_args": {}, "state_dict": {}, "dataset": "", "licenses": "", "infos": {}}
print(json.dumps({
    "NumPy 2": told("new", infos=scores),
    "NumPy 1": told("old", infos=scores, old=True),
    "function": told("function", model_name="save_publishable", model_args=writes),
    "code": told("code", infos=Hidden()),
    "broken": told("broken", model_name="XUMX", model_args={}),
    "written": published.exists() or (Path(sys.argv[1]) / "ran").exists(),
}))  # fmt: skip
