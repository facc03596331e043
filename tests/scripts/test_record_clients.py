"""The records of the official clients, and the programs that make them."""

from __future__ import annotations

import base64
import json
import sys
from importlib.metadata import version

import pytest

from scripts.clients import records, releases
from scripts.clients.releases import SAMPLES
from scripts.record_clients import RECORDED


def test_the_installed_release_sends_what_is_recorded() -> None:
    release = ".".join(version("huggingface_hub").split(".")[:2])
    found = records.merged({release: releases.record([sys.executable, releases.HERE / "hub.py"], "hub.json")}, SAMPLES)
    assert len(found) > 25
    for task, entries in found.items():
        known = json.loads((RECORDED / "huggingface_hub" / f"{task}.json").read_text(encoding="utf-8"))
        sent = [{**entry, "releases": release} for entry in known]
        assert [entry for entry in entries if entry not in sent] == [], "python -m scripts.record_clients records anew"


@pytest.mark.parametrize(
    ("names", "ranges"),
    [(["a"], "a"), (["b", "a"], "a-b"), (["a", "c"], "a c"), (["d", "a", "b", "c"], "a-d"), ([], "")],
)
def test_releases_as_ranges(names: list[str], ranges: str) -> None:
    assert records.ranges(names, ["a", "b", "c", "d"]) == ranges


def test_a_release_that_lost_what_it_was_given_is_no_record() -> None:
    def sent(body: bytes) -> dict[str, object]:
        request = {"method": "POST", "path": "/", "headers": {}, "body": base64.b64encode(body).decode()}
        return {"task": "image-to-text", "method": "imageToText", "reads": ["list"], "request": request}

    jpeg = (SAMPLES / "image.jpg").read_bytes()
    found = records.merged({"1": [sent(b'{"inputs": {}}'), sent(b""), sent(jpeg)], "2": [sent(jpeg)]}, SAMPLES)
    told = {"method": "imageToText", "headers": {}, "sample": "image.jpg", "reads": ["list"]}
    assert found == {"image-to-text": [{"releases": "1-2", **told}]}


def test_requests_hold_no_token_and_no_base64() -> None:
    for file in RECORDED.rglob("*.json"):
        text = file.read_text(encoding="utf-8")
        assert "authorization" not in text.lower()
        assert max(map(len, text.split('"'))) < 500, file
