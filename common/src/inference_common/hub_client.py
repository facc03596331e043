"""The Hub's client, within limits: huggingface_hub from 0.36 on, by whichever HTTP client its release has."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import huggingface_hub
from huggingface_hub import get_session
from huggingface_hub.utils._http import hf_raise_for_status

from . import hub_limits

_CHUNK_BYTES = 64 * 1024


@contextlib.contextmanager
def call_limit(seconds: float, max_bytes: int) -> Iterator[None]:
    """Inside, all calls of this thread to the Hub together may take `seconds`, and read `max_bytes` of answers.

    Past either a call raises HubUnavailable.
    """
    install()
    with hub_limits.limit(seconds, max_bytes):
        yield


@functools.cache
def install() -> None:
    """Limit every connection that the Hub's library opens from now on."""
    if hasattr(huggingface_hub, "set_client_factory"):
        from . import hub_httpx as limited
    else:
        from . import hub_requests as limited  # type: ignore[no-redef]
    limited.install()


def read_beginning(url: str, headers: Mapping[str, str], max_bytes: int, seconds: float) -> bytes:
    """The first bytes of a file of the Hub, `max_bytes` at most. Raises as the library does."""
    data = bytearray()
    with contextlib.closing(_opened(url, headers, seconds)) as answer:
        hf_raise_for_status(answer)
        chunks = answer.iter_bytes(_CHUNK_BYTES) if hasattr(answer, "iter_bytes") else answer.iter_content(_CHUNK_BYTES)
        for chunk in chunks:
            data += chunk
            if len(data) >= max_bytes:
                break
    return bytes(data[:max_bytes])


def _opened(url: str, headers: Mapping[str, str], seconds: float) -> Any:
    """An answer whose body is not read yet."""
    session: Any = get_session()
    if not hasattr(session, "build_request"):
        return session.get(url, headers=headers, timeout=seconds, stream=True)
    return session.send(session.build_request("GET", url, headers=headers, timeout=seconds), stream=True)
