"""Who may use the private and gated models that the server's own Hub token opens."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

import anyio.to_thread
from anyio import CapacityLimiter
from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError

from .api_key import bearer
from .errors import HubUnavailable, InferenceError, NotFound, Overloaded
from .failures import Failure
from .hub import ANSWER_SECONDS, MAX_ANSWER_BYTES, Resolved
from .hub_client import call_limit
from .owners import Patterns

MAX_ANSWERS = 4096  # of the Hub that are remembered
YES_SECONDS, NO_SECONDS = 300.0, 60.0  # that the Hub's answer is remembered: the token opens the model, or not
THREADS, MAX_PENDING = 4, 64  # calls to the Hub at a time, and tokens that are checked or wait to be
_TOKEN_PREFIX = "hf_"
_REFUSALS = (401, 403, 404)

MayRead = Callable[[str, str], bool]
"""Whether a Hub token opens a model of a name; blocks. Raises HubUnavailable."""


class Visibility:
    """Public models are everybody's. Those that only a Hub token opens are served to callers whose own token opens them
    too, and to all where `has_key` (every caller gave the server's key) or one of the `shared` patterns says so.

    Callers' tokens are neither kept nor logged: the Hub's answers are remembered by a keyed hash, for minutes.
    """

    def __init__(self, *, has_key: bool, shared: Patterns, may_read: MayRead | None = None) -> None:
        self._has_key, self._shared = has_key, shared
        self._may_read = may_read or token_opens
        self._salt = secrets.token_bytes(32)
        self._answers: OrderedDict[bytes, tuple[bool, float]] = OrderedDict()
        self._pending: dict[bytes, asyncio.Task[bool | Failure]] = {}
        self._threads = CapacityLimiter(THREADS)

    def allows(self, name: str, resolved: Resolved, headers: Mapping[str, str]) -> bool:
        """Whether a caller may use a model, as far as is known without asking the Hub."""
        if self._is_open(name, resolved):
            return True
        token = _hub_token(headers)
        return token is not None and self._remembered(self._key(name, token)) is True

    async def check(self, name: str, resolved: Resolved, headers: Mapping[str, str]) -> None:
        """Ask the Hub where need be. Raises NotFound, the same as for a model that does not exist, for whoever may not
        see it; Overloaded, HubUnavailable."""
        if self._is_open(name, resolved):
            return
        token = _hub_token(headers)
        if token is None:
            raise no_such_model(name)
        key = self._key(name, token)
        answer: bool | Failure | None = self._remembered(key)
        if answer is None:
            answer = await asyncio.shield(self._asked(key, name, token))
        if isinstance(answer, Failure):
            raise answer.error()
        if not answer:
            raise no_such_model(name)

    def _is_open(self, name: str, resolved: Resolved) -> bool:
        if not resolved.private and not resolved.gated:
            return True
        return self._has_key or self._shared.match(name, None, resolved.commit)

    def _key(self, name: str, token: str) -> bytes:
        return hashlib.blake2b(f"{name}\0{token}".encode(), key=self._salt, digest_size=32).digest()

    def _remembered(self, key: bytes) -> bool | None:
        is_readable, until = self._answers.get(key, (False, 0.0))
        return is_readable if until > time.monotonic() else None

    def _asked(self, key: bytes, name: str, token: str) -> asyncio.Task[bool | Failure]:
        task = self._pending.get(key)
        if task is None:
            if len(self._pending) >= MAX_PENDING:
                raise Overloaded("Too many Hub tokens are being checked; try again later", retry_after=5)
            task = self._pending[key] = asyncio.create_task(self._ask(key, name, token))
        return task

    async def _ask(self, key: bytes, name: str, token: str) -> bool | Failure:
        try:
            is_readable = await anyio.to_thread.run_sync(
                self._may_read, name, token, limiter=self._threads, abandon_on_cancel=True
            )
        except InferenceError as error:
            return Failure.of(error)
        finally:
            del self._pending[key]
        self._answers[key] = (is_readable, time.monotonic() + (YES_SECONDS if is_readable else NO_SECONDS))
        self._answers.move_to_end(key)
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)
        return is_readable


def no_such_model(name: str) -> NotFound:
    """The error of a model that does not exist, and of one that the caller may not see: one cannot tell which.

    Offline, who may see one that another tool fetched is not known either; whoever runs the server can say.
    """
    if constants.HF_HUB_OFFLINE:
        return NotFound(
            f"{name} is not in this server's cache, or may be private, and HF_HUB_OFFLINE keeps the Hub from being"
            f" asked: check the id. Who runs the server opens a cached model to all by SHARED_MODELS={name}, to those"
            " who send a key by API_KEY, or, if no token was needed for it, by unsetting HF_TOKEN"
        )
    return NotFound(
        f"The Hub has no model {name}, or it is private: check the id, or send a Hub token that may read it as"
        " Authorization: Bearer hf_..."
    )


def token_opens(name: str, token: str) -> bool:
    """Ask the Hub whether a token may read a model's files. Blocks. Raises HubUnavailable."""
    if constants.HF_HUB_OFFLINE:
        raise HubUnavailable(f"{name} needs a Hub token, and HF_HUB_OFFLINE is set; unset it to have tokens checked")
    try:
        with call_limit(ANSWER_SECONDS, MAX_ANSWER_BYTES):
            HfApi(token=token).auth_check(name)
    except Exception as error:
        if isinstance(error, HfHubHTTPError) and error.response.status_code in _REFUSALS:
            return False
        raise HubUnavailable(f"The Hub did not check the token ({type(error).__name__}); try again later") from None
    return True


def _hub_token(headers: Mapping[str, str]) -> str | None:
    """The caller's own Hub token, if that is what its `Authorization` holds."""
    token = bearer(headers.get("authorization"))
    return token if token is not None and token.startswith(_TOKEN_PREFIX) and len(token) <= 500 else None
