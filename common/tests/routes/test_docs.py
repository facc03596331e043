import re
from typing import Any

import pytest
from conftest import Connect
from inference_common.routes import docs


def test_a_browser_gets_the_page_and_each_part_it_names(connect: Connect) -> None:
    client = connect()
    page = client.get("/", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert client.get("/docs").content == page.content
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"docs/docs.css", "docs/docs.js", "openapi.json", "info"} == set(parts)
    for part in parts:
        answer = client.get(f"/{part}")
        assert answer.status_code == 200
        assert answer.content


def test_nothing_in_the_page_comes_from_elsewhere(connect: Connect) -> None:
    client = connect()
    assert "default-src 'self'" in client.get("/docs").headers["content-security-policy"]
    for part in ("docs", "docs/docs.css", "docs/docs.js"):
        assert "//" not in re.sub(r"^\s*//.*$", "", client.get(f"/{part}").text, flags=re.MULTILINE)


@pytest.mark.parametrize("part", ["nothing.js", "__init__.py", "..%2Fapp.py", "%2e%2e", "docs.exe"])
def test_other_files_are_not_pages(connect: Connect, part: str) -> None:
    answer = connect().get(f"/docs/{part}")
    assert answer.status_code == 404
    assert answer.json()["error"]


def test_the_document_is_made_once_in_each_state(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    document = docs.document

    def counted(*args: Any) -> object:
        made.append(args)
        return document(*args)

    monkeypatch.setattr(docs, "document", counted)
    client = connect()
    bodies = {client.get("/openapi.json").content for _ in range(5)}
    assert (len(made), len(bodies)) == (1, 1)


def test_a_document_that_could_not_be_made_is_tried_anew(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    client = connect()
    with monkeypatch.context() as patched:
        patched.setattr(docs, "document", None)
        assert client.get("/openapi.json").status_code == 500
    assert client.get("/openapi.json").status_code == 200
