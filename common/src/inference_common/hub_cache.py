"""The Hub client's cache on disk: which files of a model are wanted, whether all are there, what the Hub said of it."""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils._paths import filter_repo_objects

from .card import name_of

# The same weights for other frameworks: a pipeline reads safetensors, or PyTorch's own where there is none.
_PICKLES = ("pytorch_model*.bin",)
_OTHER_FORMATS = ("*.h5", "*.msgpack", "*.ot", "*.tflite", "*.mlmodel", "onnx/*", "openvino/*", "coreml/*")
_ABOUT = re.compile(r"(.*/)?(\.[^/]*|[^/]*\.md|LICENSE[^/]*)", re.IGNORECASE)
"""Files that are no part of a model, but about it."""
_RECORDS = "served"  # the folder of records, beside the client's own `blobs`, `refs` and `snapshots`


@dataclass(frozen=True)
class Record:
    """What a server keeps of a commit: whether only some accounts may read it, whether a server `fetched` it, so that
    one may remove it, and whether its files are `checked`: False from when a download of them begins until their
    content was found to be what the Hub says. `sizes` are those of the files that are wanted (none: not kept), `used`
    is when a server last did (seconds since 1970), `task` that of its card, or of the Hub."""

    private: bool
    gated: bool
    fetched: bool
    checked: bool = True
    sizes: Mapping[str, int] = field(default_factory=dict)
    used: float = 0.0
    task: str | None = None


def ignored(names: Iterable[str]) -> list[str]:
    """Patterns of the files that are not wanted, of all that a repository has."""
    usable = filter_repo_objects(names, ignore_patterns=list(_OTHER_FORMATS))
    has_safetensors = any(name.endswith(".safetensors") for name in usable)
    return [*_OTHER_FORMATS, *(_PICKLES if has_safetensors else ())]


def wanted(sizes: Mapping[str, int]) -> dict[str, int]:
    """The files that are fetched, with their sizes, of all that a repository has."""
    return {name: sizes[name] for name in filter_repo_objects(sizes, ignore_patterns=ignored(sizes))}


def has_model_files(names: Iterable[str]) -> bool:
    """Whether any of these is more than a text about a model."""
    return any(not _ABOUT.fullmatch(name) for name in names)


def repository(cache: Path, name: str) -> Path:
    """The folder of all that the cache has of a repository."""
    return cache / repo_folder_name(repo_id=name, repo_type="model")


def snapshot(cache: Path, name: str, commit: str) -> Path:
    """The folder of a commit's files, whether or not it is there."""
    return repository(cache, name) / "snapshots" / commit


def commit_of(cache: Path, name: str, revision: str | None) -> str | None:
    """The commit that the cache knows a revision by."""
    revision = revision or constants.DEFAULT_REVISION
    if re.fullmatch(r"[0-9a-f]{40}", revision):
        return revision
    with contextlib.suppress(OSError, ValueError):
        found = (repository(cache, name) / "refs" / revision).read_text(encoding="ascii").strip()
        return found if re.fullmatch(r"[0-9a-f]{40}", found) else None
    return None


def whole_files(cache: Path, name: str, commit: str) -> dict[str, int] | None:
    """The sizes of all files of a commit that are wanted; None unless each of them is there.

    The client keeps the list of a commit's files, from its release 2 on, and so does a server of those that it used.
    Of a commit without one, no file may be missing behind its link, nor any of the repository be half there.
    """
    known = read_record(cache, name, commit)
    sizes = _listed(cache, name, commit) or (None if known is None else known.sizes)
    if not sizes:
        return _files_unless_broken(repository(cache, name), snapshot(cache, name, commit))
    sizes = wanted(sizes)
    return sizes if has_all(cache, name, commit, sizes) else None


def has_all(cache: Path, name: str, commit: str, sizes: Mapping[str, int]) -> bool:
    """Whether each of these files of a commit is there, and as long as that (0: any length, as the Hub tells none)."""
    folder = snapshot(cache, name, commit)
    found = ((size_of(folder / path), size) for path, size in sizes.items())
    return all(there is not None and there == (size or there) for there, size in found)


def _listed(cache: Path, name: str, commit: str) -> dict[str, int] | None:
    """The sizes of all files of a commit, by the client's own list; None where it has none."""
    library: Any = huggingface_hub
    if not hasattr(library, "get_cached_repo_tree"):
        return None
    try:
        tree = library.get_cached_repo_tree(name, revision=commit, cache_dir=cache)
    except huggingface_hub.errors.CachedRepoTreeNotFoundError:
        return None
    return {file.path: file.size for file in tree}


def _files_unless_broken(repo: Path, folder: Path) -> dict[str, int] | None:
    names = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    sizes = {path.relative_to(folder).as_posix(): size_of(path) for path in names}
    whole = {path: size for path, size in sizes.items() if size is not None}
    if len(whole) < len(sizes) or not has_model_files(whole) or any((repo / "blobs").glob("*.incomplete")):
        return None
    return whole


def size_of(path: Path) -> int | None:
    """Bytes of a file; None where it is not there, or behind a broken link."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def missing_bytes(cache: Path, name: str, commit: str, sizes: Mapping[str, int]) -> int:
    """Bytes of those files of a commit that are not there yet."""
    folder = snapshot(cache, name, commit)
    return sum(size for path, size in sizes.items() if size_of(folder / path) is None)


def remove_damaged(cache: Path, name: str, commit: str, sizes: Mapping[str, int]) -> None:
    """Remove those files of a commit that are not as long as the Hub tells: the client would take them as they are."""
    folder = snapshot(cache, name, commit)
    for path, size in sizes.items():
        if size and size_of(folder / path) not in (None, size):
            remove(folder / path)


def remove(file: Path) -> None:
    """Remove a file of a snapshot: its link, and what that leads to."""
    while file.is_symlink():
        target = file.parent / file.readlink()
        file.unlink()
        file = target
    file.unlink(missing_ok=True)


def remember(cache: Path, name: str, revision: str | None, commit: str) -> None:
    """Have a revision name this commit, which is whole, for when the Hub does not answer."""
    revision = revision or constants.DEFAULT_REVISION
    if commit not in (revision, commit_of(cache, name, revision)):
        with contextlib.suppress(OSError):  # a cache that cannot be written to
            _write(repository(cache, name) / "refs" / revision, commit)


def record(cache: Path, name: str, commit: str, *, private: bool, gated: bool, task: str | None = None,
           checked: bool | None = None, sizes: Mapping[str, int] | None = None) -> Record:  # fmt: skip
    """Keep what the Hub tells of a commit that is used now, and whether it is `checked`, and the `sizes` of its files
    (None: as before). A server fetches it if there is nothing of it yet."""
    known = read_record(cache, name, commit)
    if known is None:
        known = Record(private, gated, fetched=not snapshot(cache, name, commit).exists())
    now = Record(
        private,
        gated,
        known.fetched,
        known.checked if checked is None else checked,
        known.sizes if sizes is None else sizes,
        task=task,
    )
    kept = {
        **{"private": private, "gated": gated, "fetched": now.fetched, "task": task},
        **{"checked": now.checked, "sizes": {**now.sizes}},
    }
    with contextlib.suppress(OSError):
        _write(_record_file(cache, name, commit), json.dumps(kept))
    return now


def read_record(cache: Path, name: str, commit: str) -> Record | None:
    """What was kept of a commit; None where no server has used it."""
    file = _record_file(cache, name, commit)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        is_private, is_gated = kept["private"] is not False, kept["gated"] is not False
        is_checked = kept.get("checked") is not False  # servers that did not check kept nothing of it
        sizes = {str(path): int(size) for path, size in kept.get("sizes", {}).items()}
        used, task = file.stat().st_mtime, name_of(kept.get("task"))
        return Record(is_private, is_gated, kept["fetched"] is True, is_checked, sizes, used, task)
    return None


def forget(cache: Path, name: str, commit: str) -> None:
    """Remove what was kept of a commit."""
    with contextlib.suppress(OSError):
        _record_file(cache, name, commit).unlink(missing_ok=True)


def _record_file(cache: Path, name: str, commit: str) -> Path:
    return repository(cache, name) / _RECORDS / f"{commit}.json"


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{uuid.uuid4().hex}.tmp")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
