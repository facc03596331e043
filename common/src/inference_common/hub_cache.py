"""The Hub client's cache on disk: which files of a model are wanted, whether all are there, and what was told of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from huggingface_hub import constants, get_cached_repo_tree
from huggingface_hub.errors import CachedRepoTreeNotFoundError
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils._paths import filter_repo_objects

# The same weights for other frameworks: a pipeline reads safetensors, or PyTorch's own where there is none.
_PICKLES = ("pytorch_model*.bin",)
_OTHER_FORMATS = ("*.h5", "*.msgpack", "*.ot", "*.tflite", "*.mlmodel", "onnx/*", "openvino/*", "coreml/*")
_ABOUT = re.compile(r"(.*/)?(\.[^/]*|[^/]*\.md|LICENSE[^/]*)", re.IGNORECASE)
"""Files that are no part of a model, but about it."""
_ACCESS = "access.json"


@dataclass(frozen=True)
class Access:
    """Whether only some accounts may read a repository."""

    private: bool
    gated: bool


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
    return sizes if all(_size(folder / path) == size for path, size in sizes.items()) else None


def _files_unless_broken(repo: Path, folder: Path) -> dict[str, int] | None:
    names = [path for path in folder.rglob("*") if path.is_symlink() or path.is_file()]
    sizes = {path.relative_to(folder).as_posix(): _size(path) for path in names}
    whole = {path: size for path, size in sizes.items() if size is not None}
    if len(whole) < len(sizes) or not has_model_files(whole) or any((repo / "blobs").glob("*.incomplete")):
        return None
    return whole


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def remember(cache: Path, name: str, revision: str | None, commit: str) -> None:
    """Have a revision name this commit, which is whole, for when the Hub does not answer; and mark it as used now."""
    revision = revision or constants.DEFAULT_REVISION
    with contextlib.suppress(OSError):  # a cache that cannot be written to
        os.utime(snapshot(cache, name, commit))
        if commit not in (revision, commit_of(cache, name, revision)):
            _write(repository(cache, name) / "refs" / revision, commit)


def remember_access(cache: Path, name: str, access: Access) -> None:
    """Keep who may read a repository, for when the Hub does not answer."""
    with contextlib.suppress(OSError):
        repo = repository(cache, name)
        if repo.is_dir() and read_access(cache, name) != access:
            _write(repo / _ACCESS, json.dumps(asdict(access)))


def read_access(cache: Path, name: str) -> Access | None:
    """Who may read a repository, as the Hub last told; None where it never did."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads((repository(cache, name) / _ACCESS).read_text(encoding="utf-8"))
        return Access(private=told["private"] is not False, gated=told["gated"] is not False)
    return None


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{uuid.uuid4().hex}.tmp")
    new.write_text(text, encoding="utf-8")
    new.replace(file)
