"""The Hub client's errors as ours."""

from __future__ import annotations

import errno

import httpx2
import pytest
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from inference_common.errors import (
    Forbidden,
    HubUnavailable,
    InferenceError,
    InvalidRequest,
    LoadFailed,
    NotFound,
    Unauthorized,
)
from inference_common.hub_errors import hub_error


def refused(kind: type[HfHubHTTPError], status: int) -> HfHubHTTPError:
    answer = httpx2.Response(status, request=httpx2.Request("GET", "http://hub.example/secret"))
    return kind("said at /home/user/.cache", response=answer)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (refused(GatedRepoError, 403), Forbidden, "gated"),
        (refused(DisabledRepoError, 403), Forbidden, "disabled"),
        (refused(RevisionNotFoundError, 404), NotFound, "no revision 'v2'"),
        (refused(RepositoryNotFoundError, 401), NotFound, "no model org/a"),
        (refused(HfHubHTTPError, 401), Unauthorized, "HF_TOKEN"),
        (refused(HfHubHTTPError, 403), Forbidden, "does not let the token"),
        (refused(HfHubHTTPError, 404), NotFound, "lacks a file"),
        (refused(HfHubHTTPError, 400), InvalidRequest, "status 400"),
        (refused(HfHubHTTPError, 502), HubUnavailable, "status 502"),
        (HFValidationError("/root"), InvalidRequest, "no Hub id"),
        (OSError(errno.ENOSPC, "No space", "/home/user/x"), LoadFailed, "No space is left"),
        (OSError(errno.EDQUOT, "Quota", "/home/user/x"), LoadFailed, "No space is left"),
        (OSError(errno.EROFS, "Read-only", "/home/user/x"), LoadFailed, "may not write"),
        (PermissionError(errno.EACCES, "Denied", "/home/user/x"), LoadFailed, "may not write"),
        (OSError("Consistency check failed: file should be of size 3"), HubUnavailable, "arrived damaged"),
        (OfflineModeIsEnabled("/root"), HubUnavailable, "HF_HUB_OFFLINE"),
        (httpx2.ConnectError("/root"), HubUnavailable, "check the network and HF_ENDPOINT"),
        (LocalEntryNotFoundError("/root"), HubUnavailable, "check the network and HF_ENDPOINT"),
        (RuntimeError("/root"), HubUnavailable, "(RuntimeError)"),
    ],
)
def test_an_error_is_told_with_what_to_do(error: Exception, kind: type[InferenceError], said: str) -> None:
    found = hub_error(error, "org/a", "v2")
    assert type(found) is kind
    assert said in str(found)
    assert "root" not in str(found)
    assert "hub.example" not in str(found)


def test_what_the_client_hides_is_told() -> None:
    hidden = LocalEntryNotFoundError("not in the cache")
    hidden.__cause__ = refused(HfHubHTTPError, 503)
    assert "status 503" in str(hub_error(hidden, "org/a"))


def test_an_error_of_ours_stays() -> None:
    error = NotFound("none")
    assert hub_error(error, "org/a") is error
