"""Bodies of JSON that are cheap to send and would be dear to read or to refuse."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from toys.attackers import good_caller, post_together, serve_large
from toys.started import MIB, Start
from toys.waiting import until

BODY_BYTES = 24 * MIB
MILLION = 1_000_000


def filled(unit: bytes, count: int) -> bytes:
    """A list of so many equal values."""
    return b"[" + b",".join([unit] * count) + b"]"


def lists(unit: bytes) -> bytes:
    """The same, as large as a body may be."""
    return filled(unit, BODY_BYTES // (len(unit) + 1))


TEXTS = {
    "wrong items": b'{"inputs": %s}' % filled(b"7", MILLION),
    "empty lists": b'{"inputs": %s}' % lists(b"[]"),
    "objects": b'{"inputs": %s}' % lists(b'{"a":1}'),
    "nested": b'{"inputs": ' + b"[" * BODY_BYTES,
    "nested a little": b'{"inputs": %s}' % lists(b"[" * 500 + b"]" * 500),
    "unknown fields": b'{"inputs": "a", "parameters": {%s}}' % b",".join(b'"%x":1' % n for n in range(MILLION)),
    "a number without end": b'{"inputs": "a", "parameters": {"top_k": %s}}' % (b"9" * BODY_BYTES),
    "a long name": b'{"inputs": "a", "parameters": {"%s": 1}}' % (b"a" * BODY_BYTES),
    "labels": b'{"inputs": "a", "parameters": {"candidate_labels": %s}}' % filled(b'"a"', MILLION),
    "labels with commas": b'{"inputs": "a", "parameters": {"candidate_labels": "%s"}}' % (b"a," * MILLION),
    "a long label": b'{"inputs": "a", "parameters": {"candidate_labels": ["%s"]}}' % (b"a" * BODY_BYTES),
    "a long template": b'{"inputs": "a", "parameters": {"candidate_labels": ["a"], "hypothesis_template": "{}%s"}}'
    % (b"a" * BODY_BYTES),
    "parts of a form": b'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n' * (BODY_BYTES // 64),
}
TABLES = {
    "wrong cells": b'{"table": {"a": %s}}' % filled(b"[]", MILLION // 2),
    "wrong columns": b'{"table": {%s}}' % b",".join(b'"%x":1' % n for n in range(MILLION // 2)),
    "empty columns": b'{"table": {%s}}' % b",".join(b'"%x":[]' % n for n in range(MILLION // 2)),
    "rows of columns of their own": b'{"table": [%s]}' % b",".join(b'{"%x":1}' % n for n in range(MILLION // 2)),
    "a million columns": b'{"table": {%s}}' % b",".join(b'"%x":[1]' % n for n in range(MILLION)),
}


@pytest.mark.parametrize(
    ("task", "bodies", "good"),
    [
        ("zero-shot-classification", TEXTS, {"inputs": "a", "parameters": {"candidate_labels": ["b"]}}),
        ("tabular-classification", TABLES, {"table": {"a": [1]}}),
    ],
    ids=["texts", "tables"],
)
def test_hostile_json_is_refused_within_memory(
    start: Start, folder: Path, task: str, bodies: dict[str, bytes], good: dict[str, object]
) -> None:
    server, url = serve_large(start, folder, task)
    before = server.resident()
    with good_caller(url, json=good) as statuses:
        for name, body in bodies.items():
            answers = post_together(url, [body] * 2)
            assert {answer.status_code for answer in answers} <= {400, 413, 429}, (name, answers[0].text[:300])
            assert all(len(answer.content) < 3_000 for answer in answers), name
    assert set(statuses) == {200}
    until(lambda: server.resident() < before + 150 * MIB)
    assert httpx.post(url, json=good).status_code == 200
