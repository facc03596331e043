import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.codecs import json
from inference_common.codecs.content import CHARSETS, is_form, is_json_type, media_type, utf8
from inference_common.errors import InvalidRequest, TooLarge, UnsupportedMedia
from inference_common.samples import sample
from inference_common.task import Limits, Payload

LIMITS = Limits(inputs=3, characters=20)
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("header", "media"), [(None, ""), ("", ""), ("Text/PLAIN ; charset=x", "text/plain"), ("a/b;c", "a/b")]
)
def test_the_media_type_of_a_header(header: str | None, media: str) -> None:
    assert media_type(header) == media


@pytest.mark.parametrize(
    ("media", "is_json"), [("application/json", True), ("text/json", True), ("application/vnd.api+json", True),
                           ("application/x-ndjson", False), ("application/json5", False), ("", False)]
)  # fmt: skip
def test_types_of_json(media: str, is_json: bool) -> None:
    assert is_json_type(media) is is_json


@pytest.mark.parametrize("charset", sorted(CHARSETS))
def test_every_charset_is_decoded_as_python_does(charset: str) -> None:
    name = charset.replace("_", "-")
    assert utf8("a b".encode(charset), f"text/plain; charset={name}") == b"a b"


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
def test_unicode_is_told_by_its_mark_or_its_zeros(encoding: str) -> None:
    assert utf8('{"a": "日"}'.encode(encoding), "application/json") == '{"a": "日"}'.encode()
    assert utf8('{"a": "日"}'.encode(encoding), "text/plain; charset=utf-16") == '{"a": "日"}'.encode()


def test_what_is_utf8_is_not_copied() -> None:
    body = b"x" * 1000
    assert utf8(body) is body
    assert utf8(body, "text/plain; charset=us-ascii") is body


@pytest.mark.parametrize(
    ("body", "content_type"), [(b"\xff\xfe\x00\xd8", None), (b"\x81\x8d", "text/plain; charset=windows-1252")]
)
def test_what_is_not_in_its_charset_is_refused(body: bytes, content_type: str | None) -> None:
    with pytest.raises(InvalidRequest, match="send UTF-8 or JSON"):
        utf8(body, content_type)


@pytest.mark.parametrize("charset", ["zip", "base64", "unicode_escape", "punycode", "utf-7", "idna", "os"])
def test_encodings_that_are_no_charset_are_refused(charset: str) -> None:
    with pytest.raises(UnsupportedMedia, match="send UTF-8"):
        utf8(b"a", f"text/plain; charset={charset}")


def test_the_memory_of_a_decoded_body_is_held() -> None:
    account.reserve(MemoryAccount(10_000))
    utf8("x".encode("utf-16") * 10)
    with pytest.raises(TooLarge, match="MAX_REQUEST_MEMORY_MIB"):
        utf8(("x" * 10_000).encode("utf-16"))
    account.release()


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"inputs=a+b&top_k=1", True),
        (b"a&inputs=b", True),
        ("text=caf\u00e9 b".encode(), True),
        (b"two words", False),
        (b"AT&T = good", False),
        (b"=", False),
        (sample("image.jpg"), False),
        (sample("audio.wav"), False),
    ],
)
def test_a_form_is_told_from_what_curl_calls_one(body: bytes, form: bool) -> None:
    assert is_form(body, FORM) is form
    assert is_form(body, "text/plain") is False
    assert is_form(body, "multipart/form-data") is True


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"a": 1}', "text/plain"),
        (b'{"a": 1}', FORM),
        ('{"a": 1}'.encode("utf-16"), None),
        (b'[{"a": 1}]', "image/png"),
    ],
)
def test_json_is_read_whatever_it_is_called(body: bytes, content_type: str | None) -> None:
    assert json.parse_payload(Payload(body, content_type), LIMITS) in ({"a": 1}, [{"a": 1}])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"table=1", FORM), (b"--x", "multipart/form-data; boundary=x"), (b"a,b", "text/csv"), (b"<a/>", "text/xml")],
)
def test_what_is_no_json_is_refused_by_its_type(body: bytes, content_type: str) -> None:
    with pytest.raises(UnsupportedMedia, match="content-type: application/json"):
        json.parse_payload(Payload(body, content_type), LIMITS)


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/json", "application/json; charset=utf-8"])
def test_what_says_nothing_of_another_type_is_malformed_json(content_type: str | None) -> None:
    with pytest.raises(InvalidRequest, match="not valid JSON"):
        json.parse_payload(Payload(b"words", content_type), LIMITS)
