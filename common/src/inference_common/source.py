"""Where a model comes from: a Hub repository or a folder, and the card that says what it is."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, Protocol

from .card import ModelCard, read_card
from .errors import InvalidRequest
from .hub import HubSource, Resolved

__all__ = ["FolderSource", "HubSource", "ModelCard", "ModelSource", "Optimize", "Resolved", "hub_source", "open_source"]

_ID = re.compile(r"(?=.{1,200}$)[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?")


Optimize = Literal["auto", "none", "onnx", "int8"]
"""Which form of a model runs: the library's own network (`none`); an ONNX file, verified before (`auto`), or exported
and verified now (`onnx`), or quantized as well (`int8`)."""


class ModelSource(Protocol):
    """A model's files. `revision` is the commit once known, None for a folder."""

    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> str | None: ...
    def path(self) -> Path:
        """The folder of all files, downloaded first if need be.

        Raises InvalidRequest, NotFound, Unauthorized, Forbidden, TooLarge, HubUnavailable, LoadFailed.
        """
        ...

    def file(self, name: str, *, cached_only: bool = False) -> Path | None:
        """One file by its path in the model, even one that `path` leaves out, downloaded first if need be, unless
        `cached_only`; None where there is none, or it cannot be had now."""
        ...

    def card(self) -> ModelCard:
        """What the model says it is; empty where it has no card."""
        ...


class FolderSource:
    """A model in a folder; its name is the folder's."""

    revision: str | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self.name = self._folder.name

    def path(self) -> Path:
        return self._folder

    def file(self, name: str, *, cached_only: bool = False) -> Path | None:
        found = self._folder / name
        return found if found.is_file() else None

    def card(self) -> ModelCard:
        return read_card(self._folder)


def open_source(model_id: str, *, revision: str | None = None, token: str | None = None) -> ModelSource:
    """The source that an id names: an existing folder, else a Hub repository (`org/name`, `org/name@revision`).

    Raises InvalidRequest for what can be neither.
    """
    if model_id and os.path.isdir(model_id):  # unlike Path.is_dir, False for a name too long for a file
        return FolderSource(Path(model_id))
    if not _ID.fullmatch(model_id) or ".." in model_id:
        raise InvalidRequest(
            f"{model_id[:200]!r} is neither a folder nor a Hub id; name a folder that exists, or org/name[@revision]"
        )
    return hub_source(model_id, revision=revision, token=token)


def hub_source(
    model_id: str, *, revision: str | None = None, token: str | None = None, resolved: Resolved | None = None
) -> HubSource:
    """The Hub repository of an id, never a folder: for ids that a caller names. Raises InvalidRequest."""
    if not _ID.fullmatch(model_id) or ".." in model_id:
        raise InvalidRequest(f"{model_id[:200]!r} is no Hub id; name org/name[@revision]")
    repo_id, _, at = model_id.partition("@")
    return HubSource(repo_id, revision or at or None, token, resolved=resolved)
