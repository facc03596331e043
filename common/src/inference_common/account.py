"""MemoryAccount: how many bytes all requests in flight hold, bounded as a whole."""

from __future__ import annotations

import contextvars
import math
import threading
import time
from collections.abc import Callable

from .errors import InferenceError, Overloaded, TooLarge
from .slot import Slot
from .units import MIB, limit_mib, needed_mib

SETTING = "MAX_REQUEST_MEMORY_MIB"
REQUEST_SHARE = 0.9  # of the budget: what one request may hold; the rest is for requests that hold little
SMALL_BYTES = MIB  # that a request which holds little may hold
BURST_SHARE = 0.4  # of the budget: requests, of all processes, that hold more at a time are a burst
BURST_OVER_SHARE = 0.1  # of the most that a burst held: it is over once less is held
MEAN_DECAY = 0.8  # weight of the mean so far, in the mean seconds that reservations last
MAX_RETRY_SECONDS = 60  # told to a refused caller
Evict = Callable[[InferenceError], None]


class MemoryAccount:
    """`used` of `budget` bytes are held; the last tenth of them is for requests that hold little. Thread-safe: bodies
    are charged on the event loop, what is decoded of them in decoding threads. Where the budget is `shared`, what other
    processes hold counts, too.

    What does not fit is refused before it is taken; but first, requests whose bodies are still arriving are refused to
    make room for it, the one that has sent nothing for longest before the others: whoever announces a large body and
    stalls takes no memory from those who send theirs.
    """

    def __init__(
        self, budget: int, on_burst_over: Callable[[], None] = lambda: None, shared: Slot | None = None
    ) -> None:
        """`budget` in bytes; `on_burst_over` is called, in any thread, once a burst of requests is over."""
        self.budget = budget
        self._shared = shared
        self._on_burst_over = on_burst_over
        self._peak = 0
        self._burst_bytes = BURST_SHARE * budget
        self.max_bytes_per_request = int(REQUEST_SHARE * budget)
        """Bytes that one request may hold."""
        self.used = 0
        self._receiving: dict[Reservation, Evict] = {}  # by when the last piece of each body came, the oldest first
        self._lock = threading.Lock()
        self._mean_seconds = 1.0  # that reservations of more than SMALL_BYTES lasted

    @property
    def is_behind(self) -> bool:
        """Whether another process holds the body of each request, too."""
        return self._shared is not None and self._shared.is_behind

    def _take(self, reservation: Reservation, count: int) -> None:
        with self._lock:
            if reservation.is_released:
                return
            if self._held_with(count) > self.max_bytes_per_request:
                self._make_room(reservation, count)
            self._hold(count)
            reservation.held += count
            if reservation.held > SMALL_BYTES:
                self._peak = max(self._peak, self._held_with(0))
                reservation.since = reservation.since or time.monotonic()

    def _give_back(self, reservation: Reservation, count: int) -> None:
        with self._lock:
            count = min(count, reservation.held)
            self._hold(-count)
            reservation.held -= count

    def _release(self, reservation: Reservation) -> None:
        with self._lock:
            self._forget(reservation)

    def _arrived(self, reservation: Reservation, count: int, evict: Evict) -> None:
        with self._lock:
            self._receiving.pop(reservation, None)
            if not reservation.is_released:
                self._receiving[reservation] = evict
        self._take(reservation, count)

    def _arrived_whole(self, reservation: Reservation) -> None:
        with self._lock:
            self._receiving.pop(reservation, None)

    def _make_room(self, reservation: Reservation, count: int) -> None:
        """Raises TooLarge where it could never fit, Overloaded where it does not now."""
        needed = reservation.held + reservation.elsewhere + count
        if needed > self.max_bytes_per_request:
            self._hold(0)
            raise too_large(needed, self.max_bytes_per_request)
        room = self.budget if needed <= SMALL_BYTES else self.max_bytes_per_request
        for other in [one for one in self._receiving if one is not reservation]:
            if self._held_with(count) <= room:
                break
            evict = self._receiving[other]
            self._forget(other)
            evict(self._overloaded())
        if self._held_with(count) > room:
            self._hold(0)
            raise self._overloaded()

    def _hold(self, count: int) -> None:
        self.used += count
        if self._shared is not None:
            self._shared.write(self.used)

    def _held_with(self, count: int) -> int:
        """Bytes that are held, with `count` more. Others read those before it reads theirs: of two processes that take
        the last of the budget at a time, one sees the other at least."""
        if self._shared is None:
            return self.used + count
        self._shared.write(self.used + count)
        return self._shared.all()

    def _forget(self, reservation: Reservation) -> None:
        if reservation.is_released:
            return
        reservation.is_released = True
        held, reservation.held = reservation.held, 0
        self._hold(-held)
        if self._receiving:
            self._receiving.pop(reservation, None)
        if reservation.since:
            lasted = time.monotonic() - reservation.since
            self._mean_seconds = MEAN_DECAY * self._mean_seconds + (1 - MEAN_DECAY) * lasted
        if self._peak > self._burst_bytes and self.used < BURST_OVER_SHARE * self._peak:
            self._peak = self.used
            self._on_burst_over()

    def _overloaded(self) -> Overloaded:
        seconds = min(MAX_RETRY_SECONDS, max(1, math.ceil(self._mean_seconds)))
        return Overloaded(
            f"Requests in flight hold all memory that they may ({limit_mib(self.budget)}, {SETTING}); try again",
            retry_after=seconds,
        )


class Reservation:
    """What one request holds of an account: `held` bytes, until it is released."""

    __slots__ = ("_account", "elsewhere", "held", "is_released", "since")

    def __init__(self, account: MemoryAccount, body_bytes: int = 0) -> None:
        self._account = account
        self.held = 0
        self.elsewhere = body_bytes if account.is_behind else 0  # what another process holds of the same request
        self.is_released = False
        self.since = 0.0  # when it began to hold more than little; it has not

    @property
    def max_bytes(self) -> int:
        """Bytes that it may hold."""
        return self._account.max_bytes_per_request - self.elsewhere

    def take(self, count: int) -> None:
        """Hold `count` bytes more; does nothing once it is released. Raises Overloaded (429), or TooLarge (413) for
        what this request alone can never hold."""
        self._account._take(self, count)

    def give_back(self, count: int) -> None:
        """Hold `count` bytes less."""
        self._account._give_back(self, count)

    def arrived(self, count: int, evict: Evict) -> None:
        """As take, for a piece of a body that is not whole yet. `evict` is called, in any thread and at most once, with
        the error to refuse the request by if others need its memory first; it is released then."""
        self._account._arrived(self, count, evict)

    def arrived_whole(self) -> None:
        """The body is whole: this request is not evicted any more."""
        self._account._arrived_whole(self)

    def release(self) -> None:
        """Hold nothing any more, ever; once is enough."""
        self._account._release(self)


_CURRENT: contextvars.ContextVar[Reservation | None] = contextvars.ContextVar("reservation", default=None)
# Set once a request and never reset: the server runs each in a task, whose context is its own.


def reserve(account: MemoryAccount, body_bytes: int = 0) -> Reservation:
    """A reservation for the current request, whose body has so many bytes, as far as that is known. Functions of this
    module find it, in decoding threads too."""
    reservation = Reservation(account, body_bytes)
    _CURRENT.set(reservation)
    return reservation


def max_bytes() -> int | None:
    """Bytes that the current request may hold; None where there is none."""
    reservation = _CURRENT.get()
    return None if reservation is None else reservation.max_bytes


def take(count: int) -> None:
    """Hold `count` bytes more for the current request, if there is one. Raises as Reservation.take."""
    reservation = _CURRENT.get()
    if reservation is not None:
        reservation.take(count)


def give_back(count: int) -> None:
    """Hold so many bytes less for the current request."""
    reservation = _CURRENT.get()
    if reservation is not None:
        reservation.give_back(count)


def hold_at_least(count: int) -> None:
    """Hold so many bytes, or as many as are held already, for the current request. Raises as Reservation.take."""
    reservation = _CURRENT.get()
    if reservation is not None and count > reservation.held:
        reservation.take(count - reservation.held)


def hold_only(count: int) -> None:
    """Hold so many bytes, no more and no less, for the current request. Raises as Reservation.take."""
    reservation = _CURRENT.get()
    if reservation is not None and count > reservation.held:
        reservation.take(count - reservation.held)
    elif reservation is not None:
        reservation.give_back(reservation.held - count)


def release() -> None:
    """Hold nothing any more for the current request."""
    reservation = _CURRENT.get()
    if reservation is not None:
        reservation.release()


def too_large(needed: int, max_bytes: int, fits: str = "send less at once") -> TooLarge:
    """The error of a request that alone takes more memory than it may; `fits` says what would fit."""
    return TooLarge(
        f"Answering this takes about {needed_mib(needed)} of memory, and one request may take"
        f" {limit_mib(max_bytes)} here (nine tenths of the server's {SETTING}); {fits}"
    )
