"""Questions to the Hub that its client asks only without a time limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from huggingface_hub import constants, get_session, get_token, hf_raise_for_status

SECONDS = 10.0  # for one answer


def ask(path: str, *, token: str | None = None) -> Any:
    """The Hub's answer to a GET of `/api/models/{path}`. By default with the token that the server has, if it has one.

    Blocks. Raises HfHubHTTPError for a refusal, and the HTTP client's own errors.
    """
    return next(pages(path, token=token))


def pages(path: str, *, token: str | None = None) -> Iterator[Any]:
    """As `ask`, page by page where the answer has several."""
    token = token or get_token()
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    url: str | None = f"{constants.ENDPOINT}/api/models/{path}"
    while url is not None and url.startswith(f"{constants.ENDPOINT}/"):  # the token is for the Hub alone
        response = get_session().get(url, headers=headers, timeout=SECONDS)
        hf_raise_for_status(response)
        yield response.json() if response.content else None
        url = response.links.get("next", {}).get("url")
