"""The server's API key, beside what `attacks/test_identity.py` shows on a real server."""

import pytest
from conftest import Connect
from inference_common.api_key import bearer

PREFLIGHT = {"origin": "https://example.org", "access-control-request-method": "POST"}


def test_a_browsers_preflight_needs_no_key(connect: Connect) -> None:
    assert connect(api_key="secret").options("/", headers=PREFLIGHT).status_code == 200


def test_a_pinned_model_needs_the_key_too(connect: Connect) -> None:
    client = connect(api_key="sécret")
    assert client.post("/", json={"inputs": "abc"}).status_code == 401
    for wrong in ("Bearer secret", "Bearer ", "Bearer", "sécret", "Bearer sécrets"):
        refused = client.post("/", json={"inputs": "abc"}, headers={"authorization": wrong.encode()})
        assert refused.status_code == 401
        assert "API key" in refused.json()["error"]
    given = {"authorization": "Bearer sécret".encode()}
    assert client.post("/", json={"inputs": "abc"}, headers=given).json() == [3, 1]


@pytest.mark.parametrize(
    ("header", "token"),
    [(None, None), ("", None), ("Bearer a", "a"), ("bearer  a ", "a"), ("Basic a", None), ("Bearer", None)],
)
def test_the_token_of_a_header(header: str | None, token: str | None) -> None:
    assert bearer(header) == token
