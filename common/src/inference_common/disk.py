"""The disk that models are fetched to: room is made before a download, by removing what was used longest ago."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog
from huggingface_hub import constants, scan_cache_dir
from huggingface_hub.errors import CacheNotFound

from . import free_space, hub_cache
from .errors import Overloaded, TooLarge
from .hub import HubSource
from .units import MIB, limit_mib, needed_mib

SHARE = 0.8  # of the file system, for models that are fetched: the rest is for whatever else it holds
RECENT_SECONDS = 120.0  # another server that shares the cache may still be loading what was used since
log = structlog.get_logger("inference")


@dataclass(frozen=True)
class _Fetched:
    """A revision that a server fetched, with its bytes on disk and when it was last used (seconds since 1970)."""

    repo_id: str
    commit: str
    size: int
    used: float


class Disk:
    """How much of a cache's disk models may take: `max_mib` (None: SHARE of the file system), of those that servers
    have fetched. What was put into the cache otherwise is neither counted nor removed."""

    def __init__(self, max_mib: int | None, cache: Path | None = None) -> None:
        self._max_mib, self._cache = max_mib, Path(cache or constants.HF_HUB_CACHE).expanduser()
        self._lock = threading.Lock()
        self._coming: dict[str, HubSource] = {}

    @contextlib.contextmanager
    def room_for(self, source: HubSource, in_use: Collection[str]) -> Iterator[None]:
        """Inside, this model may be fetched: its bytes are kept free. `in_use` are the commits that are loaded, or
        about to be: they are not removed.

        Raises TooLarge past the whole budget, Overloaded where models in use leave no room, LoadFailed on a full disk.
        """
        commit = source.resolve().commit
        with self._lock:
            self._make_room(source, {commit, *in_use, *self._coming})
            self._coming[commit] = source
        try:
            yield
        finally:
            with self._lock:
                self._coming.pop(commit, None)

    def _make_room(self, source: HubSource, kept: Collection[str]) -> None:
        resolved, budget = source.resolve(), self._budget()
        if resolved.total_bytes > budget:
            raise TooLarge(
                f"{source.name} takes {needed_mib(resolved.total_bytes)} on disk, and models may take"
                f" {limit_mib(budget)} there; set MAX_DISK_MIB where there is more"
            )
        if not source.missing_bytes():
            return
        fetched = self._fetched()
        coming = sum(other.resolve().total_bytes for other in self._coming.values()) + resolved.total_bytes
        awaited = sum(other.missing_bytes() for other in self._coming.values())
        counted = {resolved.commit, *self._coming}
        excess = sum(one.size for one in fetched if one.commit not in counted) + coming - budget
        removable = [one for one in fetched if one.commit not in kept and one.used < time.time() - RECENT_SECONDS]
        for one in removable:
            if excess <= 0 and free_space.lacking(self._cache, source.missing_bytes() + awaited) <= 0:
                break
            _remove(self._cache, one)
            excess -= one.size
        if excess > 0:
            raise Overloaded(
                "The models in use fill the disk that models may take; try again later, or set MAX_DISK_MIB where there"
                " is more",
                retry_after=60,
            )
        free_space.require(self._cache, source.name, source.missing_bytes() + awaited)

    def _budget(self) -> int:
        if self._max_mib is not None:
            return self._max_mib * MIB
        return int(SHARE * free_space.usage(self._cache).total)

    def _fetched(self) -> list[_Fetched]:
        """Those that servers have fetched, the one used longest ago first."""
        try:
            repos = scan_cache_dir(self._cache).repos
        except CacheNotFound:
            return []
        found = []
        for repo in repos:
            for revision in repo.revisions:
                record = hub_cache.read_record(self._cache, repo.repo_id, revision.commit_hash)
                if repo.repo_type == "model" and record is not None and record.fetched:
                    found.append(_Fetched(repo.repo_id, revision.commit_hash, revision.size_on_disk, record.used))
        return sorted(found, key=lambda one: one.used)


def _remove(cache: Path, one: _Fetched) -> None:
    log.info("model removed from the disk", model=one.repo_id, commit=one.commit, mib=one.size // MIB)
    scan_cache_dir(cache).delete_revisions(one.commit).execute()
    hub_cache.forget(cache, one.repo_id, one.commit)
