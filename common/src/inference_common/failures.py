"""Failures: why names and loads failed, kept as data for a while, so that they are not tried anew for each caller."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

from .errors import ErrorDetail, HubUnavailable, InferenceError, LoadFailed
from .reasons import reason

MAX_ENTRIES = 1024  # failures that are remembered
FORGET_SECONDS = 30.0  # after which it is tried anew for whoever asks
HUB_SECONDS = 5.0  # the same where the Hub did not answer
MAX_FORGET_SECONDS = 600.0  # the same of a load that failed again and again


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as data. An exception that is kept would keep the frames that it passed, and the bodies in them."""

    kind: type[InferenceError]
    message: str
    details: tuple[ErrorDetail, ...] = ()
    retry_after: int | None = None

    @classmethod
    def of(cls, error: InferenceError) -> Failure:
        """What is to be remembered of an error."""
        return cls(type(error), str(error), error.details, error.retry_after)

    @classmethod
    def of_load(cls, name: str, error: BaseException) -> Failure:
        """The same of whatever a load raised; what is none of ours becomes LoadFailed."""
        if isinstance(error, InferenceError):
            return cls.of(error)
        return cls(LoadFailed, f"The model {name} could not be loaded: {reason(error)}")

    def error(self) -> InferenceError:
        """A fresh exception for one caller."""
        return self.kind(self.message, details=self.details, retry_after=self.retry_after)


@dataclass(slots=True)
class _Entry:
    failure: Failure
    until: float
    seconds: float


class Failures:
    """The last MAX_ENTRIES failures by key. With `backs_off`, each failure of a key lasts twice as long as the one
    before it, up to MAX_FORGET_SECONDS, unless that was long ago, or it was the Hub that did not answer."""

    def __init__(self, *, backs_off: bool = False) -> None:
        self._backs_off = backs_off
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def add(self, key: Hashable, failure: Failure, *, once_free: bool = False) -> None:
        """Remember it; the Hub's not answering for HUB_SECONDS, all else for FORGET_SECONDS or more. With `once_free`
        the first one of a key is told to nobody."""
        now, before = time.monotonic(), self._entries.pop(key, None)
        if before is not None and now >= before.until + MAX_FORGET_SECONDS:
            before = None
        seconds = 0.0 if once_free and before is None else FORGET_SECONDS
        if issubclass(failure.kind, HubUnavailable):
            seconds = HUB_SECONDS
        elif self._backs_off and before is not None:
            seconds = max(seconds, min(2 * before.seconds, MAX_FORGET_SECONDS))
        self._entries[key] = _Entry(failure, now + seconds, seconds)
        if len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, key: Hashable) -> None:
        """It went well."""
        self._entries.pop(key, None)

    def get(self, key: Hashable) -> Failure | None:
        """The failure of a key that is to be told from memory, if there is one."""
        entry = self._entries.get(key)
        return entry.failure if entry is not None and entry.until > time.monotonic() else None

    def __len__(self) -> int:
        return len(self._entries)
