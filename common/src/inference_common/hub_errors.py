"""The Hub client's errors, and those of the disk it writes to, as ours, with what to do about them."""

from __future__ import annotations

import errno
from typing import TypeGuard

from huggingface_hub import constants
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from .errors import Forbidden, HubUnavailable, InferenceError, InvalidRequest, LoadFailed, NotFound, Unauthorized

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
_CONSISTENCY = "Consistency check failed"  # how the client begins to say that a file has another size than it should


def hub_error(error: BaseException, name: str, revision: str | None = None) -> InferenceError:
    """The error of ours for an exception that was raised while a model was fetched; one of ours as it is."""
    if isinstance(error, InferenceError):
        return error
    if isinstance(error, HFValidationError):
        return InvalidRequest(f"{name[:200]!r} is no Hub id; name org/name[@revision]")
    if _is_answer(error):
        return _refused(error, name, revision)
    if isinstance(error, OSError) and not isinstance(error, ConnectionError):
        found = _of_disk(error, name)
        if found is not None:
            return found
    if isinstance(error, OfflineModeIsEnabled) or constants.HF_HUB_OFFLINE:
        return HubUnavailable(f"{name} is not in the cache, and HF_HUB_OFFLINE is set; unset it to fetch the model")
    cause = error.__cause__
    if isinstance(cause, InferenceError) or _is_answer(cause):  # the client says only that a file is not in the cache
        return hub_error(cause, name, revision)
    return HubUnavailable(
        f"The Hub did not deliver {name} ({type(cause or error).__name__}); check the network and HF_ENDPOINT, or name"
        " a folder that holds the model"
    )


def _is_answer(error: BaseException | None) -> TypeGuard[HfHubHTTPError]:
    """Whether the Hub answered with this. Before release 1, what the client finds out itself is of the same class."""
    return isinstance(error, HfHubHTTPError) and getattr(error, "response", None) is not None


def _of_disk(error: OSError, name: str) -> InferenceError | None:
    if error.errno in _NO_SPACE:
        return LoadFailed(f"No space is left on the disk for {name}; free some, or set HF_HOME to a larger disk")
    if error.errno in _NOT_WRITABLE:
        return LoadFailed(
            f"{name} is not in the cache, which this server may not write to; set HF_HOME to a folder that it may"
        )
    if str(error).startswith(_CONSISTENCY):
        return HubUnavailable(f"A file of {name} arrived damaged: its size is not what the Hub told; try again")
    return None


def _refused(error: HfHubHTTPError, name: str, revision: str | None) -> InferenceError:
    """The Hub's own answer, by its kind and status."""
    status = error.response.status_code
    if isinstance(error, GatedRepoError):
        return Forbidden(f"{name} is gated: accept its terms on the Hub, then set HF_TOKEN to a token of that account")
    if isinstance(error, DisabledRepoError):
        return Forbidden(f"The Hub has disabled {name}; name another model")
    if isinstance(error, RevisionNotFoundError):
        return NotFound(f"{name} has no revision {revision!r}; name a branch, tag or commit that it has")
    if isinstance(error, RepositoryNotFoundError):
        return NotFound(
            f"The Hub has no model {name}, or it is private: check the id, or set HF_TOKEN to a token that may read it"
        )
    if status == 401:
        return Unauthorized(f"The Hub refused the token for {name}; set HF_TOKEN to a valid one")
    if status == 403:
        return Forbidden(f"The Hub does not let the token of this server read {name}; set HF_TOKEN to one that may")
    if status == 404:
        return NotFound(f"{name} lacks a file that the Hub lists; try again, or name another revision")
    if status < 500:
        return InvalidRequest(f"The Hub refused the id {name} with status {status}; check it")
    return HubUnavailable(f"The Hub failed to deliver {name} with status {status}; try again later", retry_after=10)
