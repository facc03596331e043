"""`python answering.py FOLDER`, in the library's environment and folder: writes a tiny model in each configuration into
the folder, and to standard output, as JSON, the answers of the library's own pipeline, and of ours by the library's
network and by an ONNX file of it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
from app.pipelines.image_classification import ImageClassification  # type: ignore[import-not-found]
from app.pipelines.text_classification import TextClassification  # type: ignore[import-not-found]
from configurations import CONFIGURATIONS, IMAGE, TEXT  # type: ignore[import-not-found]
from inference_common.onnx.examples import PICTURES
from inference_common.onnx.make import export
from inference_common.onnx.search import Search, searching
from inference_common.source import FolderSource
from inference_common.tasks import TASKS
from PIL.Image import fromarray
from transformers import AutoImageProcessor, pipeline

TEXTS = ["a happy person", "  Œuvre ÉCOLE", "the dog ran in the park, and then it was angry. " * 30]
KINDS: Mapping[str, type[Any]] = {TEXT: TextClassification, IMAGE: ImageClassification}
INPUTS: Mapping[str, list[Any]] = {TEXT: TEXTS, IMAGE: [fromarray(levels) for levels in PICTURES]}
ALL = 100  # labels


def main(folder: Path) -> None:
    """Answer over each configuration."""
    for task, kind in KINDS.items():
        models.write(task, folder / task)
        original = kind(FolderSource(folder / task), "cpu")
        export(original.network, original.examples(), kind.outputs, folder / f"{task}.onnx")
    answers: dict[str, Any] = {}
    for name, configuration in CONFIGURATIONS.items():
        model, task = folder / "models" / name, configuration.task
        shutil.copytree(folder / task, model)
        for file, edit in configuration.edits.items():
            config = json.loads((model / file).read_text())
            (model / file).write_text(json.dumps({**config, **edit}))
        ways: Mapping[str, Callable[[], Any]] = {
            "reference": partial(_reference, task, model),
            "library": partial(_by_library, task, model),
            "onnx": partial(_by_file, task, model, folder / f"{task}.onnx"),
        }
        answers[name] = {way: _said(answer) for way, answer in ways.items()}
    json.dump(answers, sys.stdout)


def _by_library(task: str, model: Path) -> Any:
    return _answer(task, KINDS[task](FolderSource(model), "cpu"))


def _by_file(task: str, model: Path, file: Path) -> Any:
    return _answer(task, _over_file(task, model, file))


def _over_file(task: str, model: Path, file: Path) -> Any:
    with searching(Search(file=file)):
        return KINDS[task].optimized(FolderSource(model), "onnx")


def _said(answer: Callable[[], Any]) -> Any:
    try:
        return answer()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _reference(task: str, model: Path) -> Any:
    options: dict[str, Any] = {}
    if task == IMAGE:
        loader: Any = AutoImageProcessor
        options["image_processor"] = loader.from_pretrained(model, backend="pil")
    ours: Any = pipeline(task, model=str(model), device="cpu", **options)
    call = {"top_k": ALL, **({"truncation": True} if task == TEXT else {})}
    return [ours(one, **call) for one in INPUTS[task]]


def _answer(task: str, made: Any) -> Any:
    return made.batch(INPUTS[task], TASKS[task].params(top_k=ALL))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
