"""Loads models that should not be served, and writes the error of each, and whether a recipe was run to find it.

`python refused.py FOLDER`, from speechbrain's folder and in its environment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
from inference_common.discover import discover
from inference_common.source import FolderSource

HERE = Path(sys.argv[1])
TRACE = HERE / "ran"
RUNS = f"ran: !apply:pathlib.Path.touch [!apply:pathlib.Path [{TRACE}]]\n"


def told(name: str, task: str, write: Callable[[Path], None], change: Callable[[Path], object]) -> str:
    """The error of loading a tiny model that was changed."""
    folder = HERE / name
    folder.mkdir()
    write(folder)
    change(folder)
    try:
        discover("app.pipelines").load(task)(FolderSource(folder), "cpu")
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def named(interface: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "config.json").write_text(json.dumps({"speechbrain_interface": interface}))


def nothing_of_it(folder: Path) -> None:
    (folder / "config.json").unlink()
    (folder / "hyperparams.yaml").write_text(f"{RUNS}modules:\n    encoder: null\n")


def without_classifier(folder: Path) -> None:
    recipe = folder / "hyperparams.yaml"
    lines = recipe.read_text().splitlines(keepends=True)
    recipe.write_text("".join(line for line in lines if line != "    classifier: !ref <classifier>\n"))


def runs_first(folder: Path) -> None:
    recipe = folder / "hyperparams.yaml"
    recipe.write_text(RUNS + recipe.read_text())
    named("VAD")(folder)


spoken, hears, says = models.automatic_speech_recognition, models.audio_classification, models.text_to_speech
json.dump(
    {
        "of another task": told("other", "automatic-speech-recognition", spoken, runs_first),
        "of no interface": told("none", "automatic-speech-recognition", spoken, nothing_of_it),
        "without a recipe": told("bare", "automatic-speech-recognition", lambda folder: None, lambda folder: None),
        "without a vocoder": told("mute", "text-to-speech", says, named("Tacotron2")),
        "without classes": told("nameless", "audio-classification", hears, without_classifier),
        "ran": TRACE.exists(),
    },
    sys.stdout,
)
