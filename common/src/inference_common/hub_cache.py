"""The Hub client's cache on disk: which files of a model are wanted, whether all are there, what the Hub said of it."""

from __future__ import annotations

import contextlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, get_cached_repo_tree
from huggingface_hub.errors import CachedRepoTreeNotFoundError
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
    """What a server keeps of a commit: whether only some accounts may read it, and whether a server `fetched` it, so
    that one may remove it; `used` is when a server last did (seconds since 1970), `task` that of its card, or of the
    Hub."""

    private: bool
    gated: bool
    fetched: bool
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

    The client keeps the list of a commit's files. Of one that it has not, none may be missing behind its link, nor may
    any file of the repository be half there.
    """
    folder = snapshot(cache, name, commit)
    try:
        tree = get_cached_repo_tree(name, revision=commit, cache_dir=cache)
    except CachedRepoTreeNotFoundError:
        return _files_unless_broken(repository(cache, name), folder)
    sizes = wanted({file.path: file.size for file in tree})
    return sizes if all(size_of(folder / path) == size for path, size in sizes.items()) else None


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
            (folder / path).resolve().unlink()
            (folder / path).unlink(missing_ok=True)


def remember(cache: Path, name: str, revision: str | None, commit: str) -> None:
    """Have a revision name this commit, which is whole, for when the Hub does not answer."""
    revision = revision or constants.DEFAULT_REVISION
    if commit not in (revision, commit_of(cache, name, revision)):
        with contextlib.suppress(OSError):  # a cache that cannot be written to
            _write(repository(cache, name) / "refs" / revision, commit)


def record(cache: Path, name: str, commit: str, *, private: bool, gated: bool, task: str | None) -> None:
    """Keep what the Hub tells of a commit that is used now. A server fetches it if there is nothing of it yet."""
    known = read_record(cache, name, commit)
    fetched = not snapshot(cache, name, commit).exists() if known is None else known.fetched
    kept = {"private": private, "gated": gated, "fetched": fetched, "task": task}
    with contextlib.suppress(OSError):
        _write(_record_file(cache, name, commit), json.dumps(kept))


def read_record(cache: Path, name: str, commit: str) -> Record | None:
    """What was kept of a commit; None where no server has used it."""
    file = _record_file(cache, name, commit)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(file.read_text(encoding="utf-8"))
        is_private, is_gated = kept["private"] is not False, kept["gated"] is not False
        used, task = file.stat().st_mtime, name_of(kept.get("task"))
        return Record(is_private, is_gated, kept["fetched"] is True, used, task)
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
