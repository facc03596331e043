"""Every failure a caller can see, and the HTTP status each one has.

    InferenceError
    ├── InvalidRequest        400  malformed body, wrong types, unknown parameters
    ├── Unauthorized          401  a token is needed
    ├── Forbidden             403  the token does not open this model
    ├── NotFound              404  no such model or route
    ├── RequestTimeout        408  the body did not arrive in time
    ├── TooLarge              413  a body, or a list in it, is over a limit
    ├── TargetTooLong         414  the path and query are over a limit
    ├── UnsupportedMedia      415  the body is not the media the task takes
    ├── InferenceFailed       424  the model failed on valid input
    ├── Overloaded            429  the queue is full
    ├── HeadersTooLarge       431  the headers are over a limit
    ├── InternalError         500  a defect of ours
    │   └── LoadFailed        500  the model could not be loaded
    ├── NotImplementedHere    501  a part of HTTP that is not served
    ├── ServerBusy            503  the server has no connection or thread left
    ├── ModelLoading          503  not loaded yet
    ├── HubUnavailable        503  the Hub did not answer (transient: worth another try)
    └── InferenceTimeout      504  the model took too long

The message is one sentence that says what was wrong and how to fix it: official clients print it as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from .reasons import reason


@dataclass(frozen=True)
class ErrorDetail:
    """One finding about one place of the request; `loc` is a dotted path such as `inputs.sentences.0`."""

    message: str
    loc: str


class InferenceError(Exception):
    """The root of the tree; `str(error)` is what the caller reads."""

    status: ClassVar[int] = 500
    error_type: ClassVar[str] = "generation"
    """What huggingface_hub chooses its exception by, in text-generation-inference's words where they fit; inside a
    stream nothing else tells the kind, since the status is sent."""

    def __init__(self, message: str, *, details: Sequence[ErrorDetail] = (), retry_after: int | None = None) -> None:
        super().__init__(message)
        self.details = tuple(details)
        self.retry_after = retry_after

    def headers(self) -> Mapping[str, str]:
        """Headers that belong to this error (`retry-after`, in whole seconds)."""
        return {} if self.retry_after is None else {"retry-after": str(self.retry_after)}

    def body(self) -> dict[str, object]:
        """The JSON object of the answer: `error` is always one string, details go to `errors`."""
        answer: dict[str, object] = {"error": str(self), "error_type": self.error_type}
        if self.details:
            answer["errors"] = [{"message": d.message, "loc": d.loc} for d in self.details]
        return answer


class InvalidRequest(InferenceError):
    status = 400
    error_type = "validation"


class Unauthorized(InferenceError):
    status = 401
    error_type = "unauthorized"

    def headers(self) -> Mapping[str, str]:
        """As every error, with the scheme that is wanted."""
        return {**super().headers(), "www-authenticate": "Bearer"}


class Forbidden(InferenceError):
    status = 403
    error_type = "forbidden"


class NotFound(InferenceError):
    status = 404
    error_type = "not_found"


class RequestTimeout(InferenceError):
    status = 408
    error_type = "validation"


class TooLarge(InferenceError):
    status = 413
    error_type = "validation"


class TargetTooLong(InferenceError):
    status = 414
    error_type = "validation"


class UnsupportedMedia(InferenceError):
    status = 415
    error_type = "validation"


class InferenceFailed(InferenceError):
    status = 424

    @classmethod
    def of(cls, error: BaseException) -> InferenceError:
        """What the caller reads of an exception that a pipeline raised: one of ours as it is."""
        if isinstance(error, InferenceError):
            return error
        told = cls(f"The model failed on this input: {reason(error)}")
        told.__cause__ = error
        return told


class Overloaded(InferenceError):
    status = 429
    error_type = "overloaded"


class HeadersTooLarge(InferenceError):
    status = 431
    error_type = "validation"


class NotImplementedHere(InferenceError):
    status = 501
    error_type = "validation"


class ServerBusy(InferenceError):
    status = 503
    error_type = "overloaded"


class InternalError(InferenceError):
    status = 500


class LoadFailed(InternalError):
    """The model could not be loaded. Not a 503: clients that retry a 503 at once would never stop."""


class ModelLoading(InferenceError):
    status = 503
    error_type = "overloaded"

    def __init__(self, message: str, *, estimated_time: float) -> None:
        super().__init__(message, retry_after=max(1, round(estimated_time)))
        self.estimated_time = estimated_time

    def body(self) -> dict[str, object]:
        """As every error, with `estimated_time` in seconds, which official clients show."""
        return {**super().body(), "estimated_time": self.estimated_time}


class HubUnavailable(InferenceError):
    status = 503
    error_type = "overloaded"


class InferenceTimeout(InferenceError):
    status = 504
    error_type = "incomplete_generation"
