"""Which ONNX file stands for a model's network: the repository's own, or one that was made and kept; held to it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from filelock import FileLock, Timeout
from huggingface_hub import constants

from ..source import ModelSource, Optimize
from .graph import fault_of
from .process import SHORTAGE, ExportProcess, Result
from .search import Search, current

OWN = "onnx/model.onnx"
CLOSE = 1e-4  # of the network's outputs, whose values are of the order of 1
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
CONFIGS = ("*.json", "*.txt", "*.model")
"""What decides answers around the network too: what a verdict is of. A vocabulary may be in any of these."""
NO_TORCH = "there is no torch here to verify the repository's file with, nor to export one"
LOCK_SECONDS = 1.0  # between two looks at whether the server stops
VERSION = 6  # of how files are made and verified: another number makes them anew
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

    `auto` takes what is verified already: the repository's file, or one exported before. `onnx` and `int8` verify or
    export what is not, which takes a process of its own for some seconds. A file that does not give the network's
    numbers, or over which the pipeline does not give the library's answers, is not taken; where there is no torch to
    verify it with, the repository's is taken unverified. What was found is written to `search.current()`.
    """
    if mode == "none":
        return None
    search = current()
    search.has_form = True
    if search.file is not None:
        return search.file
    can_export = find_spec("torch") is not None
    # One that is not downloaded yet is not verified either, and `auto` does not wait for it.
    own = None if wanted.part else _own(source, search, cached_only=can_export and mode == "auto")
    if not can_export:
        search.reason = search.reason or NO_TORCH
        return None if mode == "int8" else own
    found = None if own is None else _taken(source, wanted, mode, own, search)
    return found or _taken(source, wanted, mode, None, search)


def _own(source: ModelSource, search: Search, *, cached_only: bool) -> Path | None:
    """The repository's file, if it has one that may be run."""
    file = source.file(OWN, cached_only=cached_only)
    fault = None if file is None else fault_of(file)
    if fault is None:
        return file
    search.reason = f"the repository's file is not run: {fault}"
    log.warning("the ONNX file is not taken", model=source.name, why=search.reason)
    return None


def _taken(source: ModelSource, wanted: Wanted, mode: Optimize, own: Path | None, search: Search) -> Path | None:
    """The repository's `own` file, or one that is exported, if it is right."""
    if mode == "auto" and not cache_folder().is_dir():
        search.is_pending = True
        return None
    folder = kept(source, wanted, own)
    file = own or folder / "model.onnx"
    int8 = folder / "int8.onnx" if mode == "int8" else None
    search.mark = folder / ("model.json" if int8 is None else "int8.json")
    found = _read(search.mark, int8 or file)
    if mode == "auto" and (found is None or (found["taken"] and found.get("is_uncompared"))):
        search.is_pending = True
        return None
    verdict = found or _verdict(search, source, wanted, file, int8)
    if not verdict["taken"]:
        search.reason = verdict["why"]
        log.warning("the ONNX file is not taken", model=source.name, file=str(file), why=search.reason)
        return None
    search.reason = ""
    return int8 or file


def kept(source: ModelSource, wanted: Wanted, own: Path | None = None) -> Path:
    """The folder, beside the model cache, of what is made of this network's very files, of all of the model's configs,
    and of the `own` ONNX file."""
    digest = hashlib.sha256(f"{VERSION} {wanted.original} {' '.join(wanted.outputs)}".encode())
    folder = source.path()
    configs = sorted({file for pattern in CONFIGS for file in folder.rglob(pattern)})
    for file in (*_weights(folder / wanted.part), *configs, *([] if own is None else [own])):
        with file.open("rb") as opened:
            name = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
            digest.update(name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return cache_folder() / digest.hexdigest()[:32]


def cache_folder() -> Path:
    """Where exported files and verdicts are kept: in the Hub client's own folder."""
    return Path(constants.HF_HOME) / "optimized"


def refuse(mark: Path, why: str) -> None:
    """Record that a file must not be used, in place of an earlier verdict."""
    _write(mark, {"taken": False, "why": why})


def confirm(mark: Path) -> None:
    """Record that a file's answers were compared, so that later starts load it."""
    _write(mark, {**json.loads(mark.read_text(encoding="utf-8")), "is_uncompared": False})


def _weights(folder: Path) -> Iterator[Path]:
    return iter(sorted({file for pattern in WEIGHTS for file in folder.glob(pattern)}))


def _verdict(search: Search, source: ModelSource, wanted: Wanted, file: Path, int8: Path | None) -> dict[str, Any]:
    """What came of exporting or verifying: remembered, unless the process was killed."""
    assert search.mark is not None  # set before
    folder = search.mark.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / "lock", search.process):
            found = _read(search.mark, int8 or file)  # another server's, while this one waited
            if found is not None:
                return found
            verdict, is_final = _made(search, source, wanted, file, int8)
            if is_final:
                made = int8 or file
                _write(search.mark, {**verdict, "bytes": made.stat().st_size if made.is_file() else 0})
            return verdict
    except Timeout:
        return {"taken": False, "why": "the server stopped"}
    except OSError as error:
        return {"taken": False, "why": f"nothing can be kept in {folder}: {error}"}


def _locked(file: Path, process: ExportProcess) -> AbstractContextManager[object]:
    """The lock, once no other server that shares the folder has it. Raises Timeout where the process is stopped."""
    lock = FileLock(file)
    while True:
        try:
            return lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            if process.is_stopped:
                raise


def _read(mark: Path, file: Path) -> dict[str, Any] | None:
    """The verdict that was remembered of a file; None where there is none that can be read, or the file is gone, or no
    longer whole."""
    try:
        verdict = json.loads(mark.read_text(encoding="utf-8"))
        if isinstance(verdict["taken"], bool) and isinstance(verdict["why"], str):
            is_whole = file.is_file() and file.stat().st_size == verdict.get("bytes", file.stat().st_size)
            return verdict if is_whole or not verdict["taken"] else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return None


def _write(mark: Path, verdict: Mapping[str, Any]) -> None:
    """Whole or not at all, so that a server that is killed meanwhile, or a machine, leaves no half of it."""
    partial = mark.with_name(f"{mark.name}.part")
    try:
        with partial.open("w", encoding="utf-8") as opened:
            json.dump(verdict, opened)
            opened.flush()
            os.fsync(opened.fileno())
        partial.replace(mark)
    finally:
        partial.unlink(missing_ok=True)


def _made(
    search: Search, source: ModelSource, wanted: Wanted, file: Path, int8: Path | None
) -> tuple[dict[str, Any], bool]:
    """Export and verify in a process of its own; what came of it, and whether it would come of it again."""
    is_ours = file.parent == search.mark.parent if search.mark is not None else False
    write = not file.is_file()
    done = _run(search, source, wanted, file, int8, write=write)
    if done.returncode > 0 and not write and is_ours:  # an export that was cut off, or is no longer whole
        file.unlink(missing_ok=True)
        done = _run(search, source, wanted, file, int8, write=True)
    if done.returncode < 0:
        return {"taken": False, "why": f"its process was ended by signal {-done.returncode}"}, False
    if done.returncode:
        why = f"it could not be exported: {done.stderr.strip().rpartition(chr(10))[2][:500]}"
        return {"taken": False, "why": why}, done.returncode != SHORTAGE
    told = json.loads(done.stdout.rpartition("\n")[2])
    log.info("compared", model=source.name, **told)
    is_close = bool(told["difference"] <= CLOSE)
    why = told.get("answers", "") if is_close else f"its output is off by {told['difference']:.1e}"
    return {"taken": not why, "why": why, "is_uncompared": search.compares, **told}, True


def _run(search: Search, source: ModelSource, wanted: Wanted, file: Path, int8: Path | None, *, write: bool) -> Result:
    log.info("exporting to ONNX" if write else "verifying", model=source.name, file=str(int8 or file))
    return search.process.run({
        "folder": str(source.path() / wanted.part), "original": wanted.original, "outputs": list(wanted.outputs),
        "file": str(file), "write": write, "int8": None if int8 is None else str(int8),
        "model": str(source.path()), "pipeline": search.pipeline,
    })  # fmt: skip
