"""Errors of a model's process, as a caller of the library server reads them."""

from __future__ import annotations

from ..errors import (
    Forbidden,
    HubUnavailable,
    InferenceError,
    InferenceFailed,
    InternalError,
    InvalidRequest,
    LoadFailed,
    NotFound,
    Overloaded,
    TooLarge,
    Unauthorized,
)

_KINDS = (
    InvalidRequest, Unauthorized, Forbidden, NotFound, TooLarge, InferenceFailed, Overloaded, HubUnavailable,
)  # fmt: skip
_BY_STATUS: dict[int, type[InferenceError]] = {kind.status: kind for kind in _KINDS}


class ModelDied(InternalError):
    """The process of the model ended. Not a 503: a client that retries it at once might end the next one."""


def relayed(status: int, message: str) -> InferenceError:
    """The error that a model's process answered with, for the library server to raise."""
    return _BY_STATUS.get(status, LoadFailed)(message)
