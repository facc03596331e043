"""What people send to any image: each kind of body is answered where the task takes it, else refused in its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from inference_common.codecs.media import MediaInput
from inference_common.samples import as_json, sample
from inference_common.task import Payload, Task
from inference_common.tasks import TASKS

from .servers import Server
from .test_contract import post


@dataclass(frozen=True)
class Body:
    """A body, what it holds (None: nothing that anything can read), and the names of its parameters."""

    payload: Payload
    medium: str | None
    parameters: frozenset[str] = frozenset()
    refused: bool = False
    """Whether every task must refuse it."""


BODIES: Mapping[str, Body] = {
    "raw text": Body(Payload(b"I like you. I [MASK] you", None), "text"),
    "JSON text": Body(Payload(b'{"inputs": "I like you. I [MASK] you"}'), "text"),
    "flac": Body(Payload(sample("audio.flac"), "audio/flac"), "audio"),
    "ogg of two channels": Body(Payload(sample("audio.ogg"), "audio/ogg"), "audio"),
    "webm": Body(Payload(sample("audio.webm"), "audio/webm"), "audio"),
    "malformed flac": Body(Payload(b"fLaC" + b"\x00\xff" * 500, "audio/flac"), None),
    "JPEG": Body(Payload(sample("image.jpg"), "image/jpeg"), "image"),
    "JPEG without a type": Body(Payload(sample("image.jpg"), None), "image"),
    "JPEG in JSON": Body(as_json("image.jpg", parameters={}), "image"),
    "JPEG in JSON with parameters": Body(as_json("image.jpg", parameters={"top_k": 1}), "image", frozenset({"top_k"})),
}
JSON = b'{"inputs": "I like you. I [MASK] you"}'
TEXT = "I like you. I [MASK] you"
PART = b'--x\r\nContent-Disposition: form-data; name="inputs"; filename="f"\r\n\r\n%s\r\n--x--\r\n'
BODIES = {
    **BODIES,
    "JSON of curl": Body(Payload(JSON, "application/x-www-form-urlencoded"), "text"),
    "JSON of fetch": Body(Payload(JSON, "text/plain;charset=UTF-8"), "text"),
    "JSON with a byte order mark": Body(Payload(b"\xef\xbb\xbf" + JSON), "text"),
    "JSON in UTF-16": Body(Payload(JSON.decode().encode("utf-16"), None), "text"),
    "Latin-1": Body(Payload(f"{TEXT} é".encode("latin-1"), "text/plain; charset=iso-8859-1"), "text"),
    "JPEG of curl": Body(Payload(sample("image.jpg"), "application/x-www-form-urlencoded"), "image"),
    "form": Body(Payload(b"inputs=I+like+you", "application/x-www-form-urlencoded"), None, refused=True),
    "form with parts of text": Body(
        Payload(PART % TEXT.encode(), "multipart/form-data; boundary=x"), None, refused=True
    ),
    "form with a file": Body(
        Payload(PART % sample("image.png"), "multipart/form-data; boundary=x"), None, refused=True
    ),
    "XML": Body(Payload(f"<inputs>{TEXT}</inputs>".encode(), "application/xml"), None, refused=True),
    "HTML": Body(Payload(f"<p>{TEXT}</p>".encode(), "text/html; charset=utf-8"), None, refused=True),
    "JPEG called JSON": Body(Payload(sample("image.jpg")), None, refused=True),
    "unknown charset": Body(Payload(TEXT.encode(), "text/plain; charset=utf-7"), None, refused=True),
}
# What a refusal must name, by the medium that the task takes.
EXPECTED = {
    "text": ("text", "JSON", "inputs"),
    "audio": ("audio", "FLAC"),
    "image": ("image", "PNG"),
    "video": ("video", "MP4"),
}


@pytest.mark.parametrize("kind", BODIES)
def test_each_kind_of_body(served: Server, kind: str) -> None:
    task, body = TASKS[served.task], BODIES[kind]
    answer = post(served, body.payload)
    if takes(task, body):
        assert answer.status_code == 200, answer.text
    elif answer.status_code != 200 or body.refused:
        assert 400 <= answer.status_code < 500, answer.text
        said = answer.json()["error"]
        assert any(word in said for word in (*EXPECTED[medium(task)], *named(task), "parameter")), said


def medium(task: Task[Any, Any, Any]) -> str:
    return task.input.medium if isinstance(task.input, MediaInput) else "text"


def named(task: Task[Any, Any, Any]) -> list[str]:
    """The names of what a request of the task may hold beside its medium."""
    beside = task.input.others.model_fields if isinstance(task.input, MediaInput) and task.input.others else {}
    return [*task.params.model_fields, *beside]


def takes(task: Task[Any, Any, Any], body: Body) -> bool:
    """Whether it is all that the task needs: there is an example that is its medium alone."""
    alone = any(payload.body[:1] not in b'{["' and not payload.query for payload in task.good)
    return alone and medium(task) == body.medium and body.parameters <= task.params.model_fields.keys()
