"""Downloads of whole models by the Hub's client, each in a thread that is left behind should it bring nothing more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from . import free_space, hub_cache
from .errors import HubUnavailable

PROGRESS_SECONDS = 300.0  # in which a download must write something: the client writes 10 MiB at a time
LEFTOVER_SECONDS = 3600.0  # since a download that broke off last wrote to its file
_LOOK_SECONDS = 1.0


def fetch(call: Callable[[], Any], cache: Path, name: str, needed: int) -> None:
    """Run `call`, a download of `needed` bytes into the cache, for as long as it writes something in PROGRESS_SECONDS.

    The limits of connections (`hub_client`) do not hold for the client's other ways to wait: its storage's own
    protocol, a lock that another process holds.

    Raises LoadFailed where the disk has no room, HubUnavailable where nothing comes, and what `call` raises.
    """
    remove_leftovers(cache)
    free_space.require(cache, name, needed)
    done: Future[None] = Future()
    threading.Thread(target=_run, args=(call, done), name="hub-download", daemon=True).start()
    written, since = -1, time.monotonic()
    while True:
        try:
            return done.result(_LOOK_SECONDS)
        except TimeoutError:
            if done.done():  # since, or with a time-out of the client's own
                return done.result()
        now_written = _written(hub_cache.repository(cache, name))
        if now_written != written:
            written, since = now_written, time.monotonic()
        elif time.monotonic() - since > PROGRESS_SECONDS:
            raise HubUnavailable(
                f"The download of {name} has written nothing for {PROGRESS_SECONDS:g} s; try again later",
                retry_after=60,
            )


def _run(call: Callable[[], Any], done: Future[None]) -> None:
    try:
        call()
    except BaseException as error:  # whoever waits raises it
        done.set_exception(error)
    else:
        done.set_result(None)


def _written(repository: Path) -> int:
    return sum(hub_cache.size_of(file) or 0 for file in repository.glob("blobs/*"))


def remove_leftovers(cache: Path) -> None:
    """Remove what downloads that broke off have left; a file that is still written to stays."""
    for file in cache.glob("models--*/blobs/*.incomplete"):
        try:
            if file.stat().st_mtime < time.time() - LEFTOVER_SECONDS:
                file.unlink()
        except OSError:  # gone meanwhile, or not ours to remove
            continue
