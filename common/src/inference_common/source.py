"""Where a model comes from: a Hub repository or a folder, and the card that says what it is."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol

import yaml
from huggingface_hub import HfApi, constants, hf_hub_download, snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .errors import Forbidden, HubUnavailable, InvalidRequest, NotFound, Unauthorized

_ID = re.compile(r"(?=.{1,200}$)[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?")
# The same weights for other frameworks: a pipeline reads safetensors, or PyTorch's own where there is none.
_PICKLES = ("pytorch_model*.bin",)
_OTHER_FORMATS = ("*.h5", "*.msgpack", "*.ot", "*.tflite", "*.mlmodel", "onnx/*", "openvino/*", "coreml/*")


Optimize = Literal["auto", "none", "onnx", "int8"]
"""Which form of a model runs: the library's own network (`none`); an ONNX file, verified before (`auto`), or exported
and verified now (`onnx`), or quantized as well (`int8`)."""


@dataclass(frozen=True)
class ModelCard:
    """The front matter of a model's README.md; `inference` is False where its owner asked not to serve it."""

    library: str | None = None
    task: str | None = None
    inference: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)
    widget: Sequence[Any] = ()
    tags: Sequence[str] = ()


class ModelSource(Protocol):
    """A model's files. `revision` is the commit once known, None for a folder."""

    @property
    def name(self) -> str: ...
    @property
    def revision(self) -> str | None: ...
    def path(self) -> Path:
        """The folder of all files, downloaded first if need be.

        Raises NotFound, Unauthorized, Forbidden, HubUnavailable.
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


class HubSource:
    """A repository of the Hub, at a revision, through the Hub client's own cache.

    `endpoint` and `cache` default to the client's (`HF_ENDPOINT`, `HF_HOME`); offline mode is its `HF_HUB_OFFLINE`.
    """

    def __init__(
        self,
        repo_id: str,
        revision: str | None = None,
        token: str | None = None,
        *,
        endpoint: str | None = None,
        cache: Path | None = None,
    ) -> None:
        self.name, self._asked, self._token = repo_id, revision, token
        self._endpoint, self._cache = endpoint, cache
        self.revision = revision

    def path(self) -> Path:
        return self._folder

    def file(self, name: str, *, cached_only: bool = False) -> Path | None:
        try:
            found = hf_hub_download(
                self.name,
                name,
                revision=self._folder.name,
                token=self._token,
                endpoint=self._endpoint,
                cache_dir=self._cache,
                local_files_only=cached_only,
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled):
            return None
        return Path(found)

    def card(self) -> ModelCard:
        return read_card(self._folder)

    @cached_property
    def _folder(self) -> Path:
        try:
            folder = Path(self._download())
        except Exception as error:
            raise _ours(error, self.name, self._asked) from error
        self.revision = folder.name
        return folder

    def _download(self) -> str:
        api = HfApi(endpoint=self._endpoint, token=self._token)
        try:
            siblings = api.model_info(self.name, revision=self._asked).siblings or []
        except HfHubHTTPError:  # the Hub's own refusal
            raise
        except Exception as away:
            try:
                return self._snapshot(_OTHER_FORMATS + _PICKLES, cached_only=True)
            except LocalEntryNotFoundError:
                raise away from None
        has_safetensors = any(file.rfilename.endswith(".safetensors") for file in siblings)
        return self._snapshot(_OTHER_FORMATS + (_PICKLES if has_safetensors else ()))

    def _snapshot(self, ignored: Sequence[str], *, cached_only: bool = False) -> str:
        folder: str = snapshot_download(
            self.name,
            revision=self._asked,
            token=self._token,
            endpoint=self._endpoint,
            cache_dir=self._cache,
            ignore_patterns=list(ignored),
            local_files_only=cached_only,
        )
        return folder


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


def hub_source(model_id: str, *, revision: str | None = None, token: str | None = None) -> HubSource:
    """The Hub repository of an id, never a folder: for ids that a caller names. Raises InvalidRequest."""
    if not _ID.fullmatch(model_id) or ".." in model_id:
        raise InvalidRequest(f"{model_id[:200]!r} is no Hub id; name org/name[@revision]")
    repo_id, _, at = model_id.partition("@")
    return HubSource(repo_id, revision or at or None, token)


def read_card(folder: Path) -> ModelCard:
    """The card of a folder's README.md; a card that is missing or malformed is an empty one."""
    readme = folder / "README.md"
    text = readme.read_text(encoding="utf-8", errors="replace") if readme.is_file() else ""
    front = re.match(r"---\s*\n(.*?)\n---", text, re.DOTALL)
    try:
        data = yaml.safe_load(front[1]) if front else None
    except yaml.YAMLError:
        data = None
    if not isinstance(data, dict):
        return ModelCard()
    inference = data.get("inference", True)
    asked = inference.get("parameters") if isinstance(inference, dict) else None
    return ModelCard(
        library=data.get("library_name"),
        task=data.get("pipeline_tag"),
        inference=inference is not False,
        parameters=asked if isinstance(asked, dict) else {},
        widget=data.get("widget") or (),
        tags=data.get("tags") or (),
    )


def _ours(error: Exception, name: str, revision: str | None) -> Exception:
    """The Hub client's error as one of ours, with what to do about it."""
    if isinstance(error, GatedRepoError):
        return Forbidden(f"{name} is gated: accept its terms on the Hub, then set HF_TOKEN to a token of that account")
    if isinstance(error, RevisionNotFoundError):
        return NotFound(f"{name} has no revision {revision!r}; name a branch, tag or commit that it has")
    status = error.response.status_code if isinstance(error, HfHubHTTPError) and error.response is not None else None
    if status == 401 and not isinstance(error, RepositoryNotFoundError):
        return Unauthorized(f"The Hub refused the token for {name}; set HF_TOKEN to a valid one")
    if isinstance(error, RepositoryNotFoundError):
        return NotFound(
            f"The Hub has no model {name}, or it is private: check the id, or set HF_TOKEN to a token that may read it"
        )
    if isinstance(error, OfflineModeIsEnabled) or constants.HF_HUB_OFFLINE:
        return HubUnavailable(f"{name} is not in the cache, and HF_HUB_OFFLINE is set; unset it to fetch the model")
    return HubUnavailable(
        f"The Hub did not deliver {name} ({type(error).__name__}); check the network and HF_ENDPOINT, or name a folder "
        "that holds the model"
    )
