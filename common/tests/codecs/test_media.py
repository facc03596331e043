import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from inference_common.codecs.media import MediaInput, alone, with_fields
from inference_common.errors import InvalidRequest, UnsupportedMedia
from inference_common.task import Limits, Payload
from pydantic import BaseModel, ConfigDict, TypeAdapter

LIMITS = Limits(inputs=3, characters=20)
BYTES = b"\x89PNG \xff\xfb\xff"
ENCODED = base64.b64encode(BYTES).decode()


class Question(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    image: bytes
    question: str


PLAIN = MediaInput[bytes, bytes](
    "image", lambda body, limits: body, alone, lambda items: {"x-compute-images": str(len(items))}, None, "image"
)
ASKED = MediaInput[bytes, Question](
    "image",
    lambda body, limits: body,
    with_fields(TypeAdapter(Question), "image"),
    lambda items: {},
    None,
    "image",
    bare=frozenset({"image", "question"}),
)


def body(value: object) -> Payload:
    return Payload(json.dumps(value).encode(), None)


@pytest.mark.parametrize(
    "payload",
    [
        Payload(BYTES, None),
        Payload(BYTES, "image/png"),
        body({"inputs": ENCODED}),
        body({"inputs": {"image": ENCODED}}),
        body(ENCODED),
        body({"inputs": f"data:image/png;base64,{ENCODED}"}),
        Payload(BYTES, "application/x-www-form-urlencoded"),  # as of `curl --data-binary`
        Payload(BYTES, "application/octet-stream"),
        Payload(json.dumps({"inputs": ENCODED}).encode("utf-16"), None),
        Payload(json.dumps({"inputs": ENCODED}).encode("utf-8-sig"), "application/json"),
        Payload(json.dumps({"inputs": ENCODED}).encode(), "text/plain"),
        body({"inputs": base64.urlsafe_b64encode(BYTES).decode().rstrip("=") + "\n"}),
    ],
)
def test_every_form_of_a_medium(payload: Payload) -> None:
    decoded = PLAIN.decode(payload, LIMITS)
    assert (decoded.items, decoded.many) == ([BYTES], False)
    assert PLAIN.meter(decoded.items) == {"x-compute-images": "1"}


@pytest.mark.parametrize(
    "value",
    [
        {"inputs": {"image": ENCODED, "question": "why?"}, "parameters": {"top_k": 1}},
        {"image": ENCODED, "question": "why?", "parameters": {"top_k": 1}},
        {"inputs": ENCODED, "image": ENCODED, "question": "why?", "parameters": {"top_k": 1}},
    ],
)
def test_a_medium_with_a_question(value: dict[str, Any]) -> None:
    decoded = ASKED.decode(body(value), LIMITS)
    assert list(decoded.items) == [Question(image=BYTES, question="why?")]
    assert decoded.params == {"top_k": 1}


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (Payload(b"", None), "empty"),
        (Payload(BYTES, "application/json"), "not valid JSON"),
        (body({"image": ENCODED}), '"inputs" is missing'),
        (body({"inputs": 7}), "base64"),
        (body({"inputs": [ENCODED]}), "base64"),
        (body({"inputs": ""}), "empty"),
        (body({"inputs": "not base64!"}), "not valid base64"),
        (body({"inputs": "https://example.org/cat.png"}), "address"),
        (body({"inputs": {"image": ENCODED, "mask": 1}}), "Unknown field 'mask'"),
        (Payload(b"[1]", "application/json"), '"inputs" is missing'),
    ],
)
def test_what_holds_no_medium_is_refused(payload: Payload, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        PLAIN.decode(payload, LIMITS)


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        (b"inputs=" + ENCODED.encode(), "application/x-www-form-urlencoded"),
        (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + BYTES, "multipart/form-data; boundary=x"),
    ],
)
def test_a_form_is_refused(sent: bytes, content_type: str) -> None:
    with pytest.raises(UnsupportedMedia, match=r"is a form .* send the bytes of the image alone"):
        PLAIN.decode(Payload(sent, content_type), LIMITS)


def test_an_image_may_begin_as_a_form_does() -> None:
    gif = b"GIF89a=\x00\x10\x00"  # 61 pixels wide
    assert PLAIN.decode(Payload(gif, "application/x-www-form-urlencoded"), LIMITS).items == [gif]


def test_a_missing_question_is_told() -> None:
    with pytest.raises(InvalidRequest, match="question"):
        ASKED.decode(Payload(BYTES, None), LIMITS)


def test_two_different_media_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="different image"):
        ASKED.decode(body({"inputs": "aGVsbG8=", "image": ENCODED, "question": "why?"}), LIMITS)


@pytest.mark.parametrize(
    "value",
    [
        {"inputs": None, "image": ENCODED, "question": "a", "parameters": {"k": None}},
        {"inputs": ENCODED, "image": ENCODED, "question": "a", "model": "org/name"},
        {"inputs": {"image": ENCODED, "question": "a", "other": None}, "question": None},
    ],
)
def test_null_is_left_out(value: object) -> None:
    decoded = ASKED.decode(body(value), LIMITS)
    assert (decoded.items[0], decoded.params) == (Question(image=BYTES, question="a"), {})


def test_parameters_inside_the_inputs() -> None:
    codec = replace(PLAIN, params_inside={"candidateLabels": "candidate_labels"})
    value = {"inputs": {"image": ENCODED, "candidateLabels": "a,b"}, "parameters": {"k": 1}}
    decoded = codec.decode(body(value), LIMITS)
    assert (decoded.items[0], decoded.params) == (BYTES, {"candidate_labels": "a,b", "k": 1})
    with pytest.raises(InvalidRequest, match="candidateLabels"):
        PLAIN.decode(body(value), LIMITS)
