"""Lookups: which commit a model's name stands for, asked of the Hub once for all callers, and anew after a while."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import anyio.to_thread
import orjson
import structlog
from anyio import CapacityLimiter

from .errors import Forbidden, InferenceError, InternalError, NotFound, Overloaded
from .failures import Failure, Failures
from .hub import Resolved

MAX_KNOWN, MAX_FILES = 1024, 100_000  # names, and files of all of them: some 30 MB
MAX_PARAMETERS_BYTES = 4096  # of a card's, as JSON; those with the most have some hundred
FRESH_SECONDS = 60.0  # after which the Hub is asked again, in the background
THREADS, MAX_PENDING = 8, 256  # calls to the Hub at a time, and names that are asked for or wait to be
log = structlog.get_logger("inference")


@dataclass(frozen=True)
class Revision:
    """What a name of a model was resolved to; `is_owners`: whether the repository's owner published it (None: it could
    not be asked)."""

    name: str
    asked: str | None
    resolved: Resolved
    is_owners: bool | None

    @property
    def commit(self) -> tuple[str, str]:
        """The model's identity: the repository's name and the commit."""
        return self.name, self.resolved.commit


@dataclass(slots=True)
class Known:
    """The latest revision of a name, and the one before it, which may go on answering until the latest is loaded."""

    latest: Revision
    previous: Revision | None = None
    since: float = field(default_factory=time.monotonic)


Resolve = Callable[[str], Revision]
"""Asks the Hub about a name (`org/name`, `org/name@revision`); blocks. Raises InferenceErrors."""


class Lookups:
    """At most MAX_KNOWN names, and a bounded memory of those that failed; a few threads, whatever is asked.

    A failure is told to each caller in an exception of its own. `is_loaded` says whether a revision's model is: the
    revision before the latest is kept for that.
    """

    def __init__(self, resolve: Resolve, is_loaded: Callable[[Revision], bool]) -> None:
        self._resolve, self._is_loaded = resolve, is_loaded
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._failures = Failures()
        self._pending: dict[str, asyncio.Task[Known | Failure]] = {}
        self._threads = CapacityLimiter(THREADS)

    def known(self, name: str) -> Known | None:
        """What is known of a name without waiting; what is no longer fresh is asked again in the background."""
        known = self._known.get(name)
        if known is not None:
            self._known.move_to_end(name)
            if time.monotonic() - known.since > FRESH_SECONDS and len(self._pending) < MAX_PENDING:
                self._start(name)
        return known

    async def get(self, name: str) -> Known:
        """What a name stands for. Raises NotFound, Forbidden, Overloaded, HubUnavailable."""
        known = self.known(name)
        if known is not None:
            return known
        result: Known | Failure | None = self._failures.get(name)
        if result is None:
            if name not in self._pending and len(self._pending) >= MAX_PENDING:
                raise Overloaded("The Hub is being asked about too many models; try again later", retry_after=5)
            result = await asyncio.shield(self._start(name))
        if isinstance(result, Failure):
            raise result.error()
        return result

    def stands_for(self, commit: tuple[str, str]) -> bool:
        """Whether a known name's latest revision is this commit."""
        return any(known.latest.commit == commit for known in self._known.values())

    def close(self) -> None:
        """Ask no more."""
        for task in self._pending.values():
            task.cancel()

    def _start(self, name: str) -> asyncio.Task[Known | Failure]:
        task = self._pending.get(name)
        if task is None:
            task = self._pending[name] = asyncio.create_task(self._ask(name))
        return task

    async def _ask(self, name: str) -> Known | Failure:
        try:
            latest = await anyio.to_thread.run_sync(
                lambda: _without_extras(self._resolve(name)), limiter=self._threads, abandon_on_cancel=True
            )
        except Exception as error:
            return self._failed(name, error)
        finally:
            del self._pending[name]
        return self._found(name, latest)

    def _found(self, name: str, latest: Revision) -> Known:
        before, known = self._known.get(name), Known(latest)
        if before is not None and before.latest.commit != latest.commit:
            log.info("the model has a new commit", model=name, commit=latest.resolved.commit)
            known.previous = before.latest if self._is_loaded(before.latest) else before.previous
        elif before is not None:
            known.previous = before.previous
        self._known[name] = known
        self._known.move_to_end(name)
        while len(self._known) > MAX_KNOWN or self._files() > MAX_FILES:
            self._known.popitem(last=False)
        return known

    def _files(self) -> int:
        return sum(len(known.latest.resolved.sizes) for known in self._known.values())

    def _failed(self, name: str, error: Exception) -> Known | Failure:
        """What answers instead: what was known, unless the Hub says that there is no such model any more."""
        known = self._known.get(name)
        if known is not None and not isinstance(error, (NotFound, Forbidden)):
            log.warning("the Hub was not asked anew", model=name, reason=str(error)[:300])
            known.since = time.monotonic()
            return known
        self._known.pop(name, None)
        if not isinstance(error, InferenceError):
            log.error("a lookup failed", model=name, exc_info=error)
            error = InternalError(f"{name} could not be looked up; the server's log has the reason")
        failure = Failure.of(error)
        self._failures.add(name, failure)
        return failure


def _without_extras(revision: Revision) -> Revision:
    """Without what no load needs of a card, which may be a megabyte: names are remembered by the thousand."""
    card = replace(revision.resolved.card, widget=(), tags=())
    if len(orjson.dumps(card.parameters, default=str, option=orjson.OPT_NON_STR_KEYS)) > MAX_PARAMETERS_BYTES:
        log.warning("the card's parameters are left out: they are too long", model=revision.name)
        card = replace(card, parameters={})
    return replace(revision, resolved=replace(revision.resolved, card=card))
