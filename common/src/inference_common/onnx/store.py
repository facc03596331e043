"""Which ONNX file stands for a model's network: the repository's own, or one that was made and kept; held to it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock
from huggingface_hub import constants

from ..source import ModelSource, Optimize

OWN = "onnx/model.onnx"
CLOSE = 1e-4  # of the network's outputs, whose values are of the order of 1
WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "config.json", "tokenizer.json")
VERSION = 4  # of how files are made: another number makes them anew
log = structlog.get_logger("inference")


@dataclass(frozen=True)
class Wanted:
    """A network: `original` is the `module:name` of what loads it as its library does (make.Original), `outputs` what
    is asked of it; `part` is the folder of its files in the model's."""

    original: str
    outputs: Sequence[str]
    part: str = ""


def network_file(source: ModelSource, wanted: Wanted, mode: Optimize) -> Path | None:
    """The file to run, or None where the library's own network is to be run instead.

    `auto` takes what is there: the repository's file, or one made before. `onnx` and `int8` make what is not, which
    takes a process of its own for some seconds. A file that does not give the network's numbers is not taken; where
    there is no torch to hold it by, the repository's is taken at its word.
    """
    if mode == "none":
        return None
    own = None if wanted.part else source.file(OWN)
    if find_spec("torch") is None:
        return None if mode == "int8" else own
    found = None if own is None else _taken(source, wanted, mode, own)
    return found or _taken(source, wanted, mode, None)


def _taken(source: ModelSource, wanted: Wanted, mode: Optimize, own: Path | None) -> Path | None:
    """The repository's `own` file, or one that is made, if it is right."""
    if mode == "auto" and own is None and not _root().is_dir():
        return None
    folder = kept(source, wanted, own)
    file = own or folder / "model.onnx"
    if mode == "auto" and not file.is_file():
        return None
    int8 = folder / "int8.onnx" if mode == "int8" else None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock"):
            told = _told(folder, source, wanted, file, int8)
    except OSError as error:
        told = {"taken": False, "why": f"nothing can be kept in {folder}: {error}"}
    if not told["taken"]:
        log.warning("the ONNX file is not taken", model=source.name, file=str(file), why=told["why"])
        return None
    return int8 or file


def kept(source: ModelSource, wanted: Wanted, own: Path | None = None) -> Path:
    """The folder, beside the model cache, of what is made of this network's very files, and of the `own` ONNX file."""
    digest = hashlib.sha256(f"{VERSION} {wanted.original} {' '.join(wanted.outputs)}".encode())
    for file in (*_weights(source.path() / wanted.part), *([] if own is None else [own])):
        with file.open("rb") as opened:
            digest.update(file.name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return _root() / digest.hexdigest()[:32]


def _root() -> Path:
    return Path(constants.HF_HOME) / "optimized"


def _weights(folder: Path) -> Iterator[Path]:
    return iter(sorted({file for pattern in WEIGHTS for file in folder.glob(pattern)}))


def _told(folder: Path, source: ModelSource, wanted: Wanted, file: Path, int8: Path | None) -> dict[str, Any]:
    """What came of making the file, or of holding it to the network: remembered, unless the process was killed."""
    mark = folder / ("model.json" if int8 is None else "int8.json")
    if mark.is_file():
        remembered: dict[str, Any] = json.loads(mark.read_text())
        return remembered
    told, is_final = _made(source, wanted, file, int8)
    if is_final:
        mark.write_text(json.dumps(told))
    return told


def _made(source: ModelSource, wanted: Wanted, file: Path, int8: Path | None) -> tuple[dict[str, Any], bool]:
    """Make and check in a process of its own; what came of it, and whether it would come of it again."""
    write = not file.is_file()
    log.info("making" if write else "checking", model=source.name, file=str(int8 or file))
    asked = {
        "folder": str(source.path() / wanted.part), "original": wanted.original, "outputs": list(wanted.outputs),
        "file": str(file), "write": write, "int8": None if int8 is None else str(int8),
    }  # fmt: skip
    command = [sys.executable, "-m", f"{__package__}.make"]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=False)
    if done.returncode:
        why = f"it could not be made: {done.stderr.strip().rpartition(chr(10))[2][:500]}"
        return {"taken": False, "why": why}, done.returncode > 0
    told = json.loads(done.stdout.rpartition("\n")[2])
    log.info("made", model=source.name, difference=told["difference"], agreement=told["agreement"])
    why = f"its output is off by {told['difference']:.1e}"
    return {"taken": bool(told["difference"] <= CLOSE), "why": why, **told}, True
