import pytest
from inference_common.codecs.text import TextInput
from inference_common.errors import InvalidRequest, TooLarge, UnsupportedMedia
from inference_common.task import Limits, Payload
from inference_common.tasks.text import FEATURE_EXTRACTION, SENTENCE_SIMILARITY
from pydantic import TypeAdapter

LIMITS = Limits(inputs=3, characters=20)
TEXT = FEATURE_EXTRACTION.input
PAIR = SENTENCE_SIMILARITY.input


@pytest.mark.parametrize(
    ("body", "content_type", "items", "many"),
    [
        (b'{"inputs": "a b"}', "application/json", ["a b"], False),
        (b'{"inputs": ["a", "b"]}', None, ["a", "b"], True),
        (b'["a"]', None, ["a"], True),
        (b'"a"', "application/json; charset=utf-8", ["a"], False),
        (b'"a"', "text/plain", ['"a"'], False),
        (b"plain words", None, ["plain words"], False),
        (b"42", "application/octet-stream", ["42"], False),
        (b"# words", "text/markdown", ["# words"], False),
        (b'{"inputs": "a"}', "application/x-www-form-urlencoded", ["a"], False),  # as of `curl -d`
        (b"plain words", "application/x-www-form-urlencoded", ["plain words"], False),
        (b'{"inputs": "a"}', "text/plain;charset=UTF-8", ["a"], False),  # a string of JSON, as JavaScript sends it
        (b'{"a": 1}', "text/plain", ['{"a": 1}'], False),
        (b'{"inputs": "a"}', "text/json", ["a"], False),
        (b'{"inputs": "a"}', "application/ld+json", ["a"], False),
        (b'{"inputs": "a"}', "application/xml", ["a"], False),
        (b'\xef\xbb\xbf{"inputs": "a"}', "application/json", ["a"], False),
        (b'\xef\xbb\xbf["a"]', None, ["a"], True),
        ('{"inputs": "日"}'.encode("utf-16"), "application/json", ["日"], False),
        ('{"inputs": "日"}'.encode("utf-16-be"), "application/json; charset=utf-8", ["日"], False),
        ('{"inputs": "日"}'.encode("utf-32"), None, ["日"], False),
        ("\ufeffé b".encode(), "text/plain", ["é b"], False),
        ("é b".encode("latin-1"), "text/plain; charset=ISO-8859-1", ["é b"], False),
        ('{"inputs": "é"}'.encode("cp1252"), 'application/json; charset="windows-1252"', ["é"], False),
        ("é b".encode("utf-16"), "text/plain", ["é b"], False),
    ],
)
def test_every_form_of_a_text(body: bytes, content_type: str | None, items: list[str], many: bool) -> None:
    decoded = TEXT.decode(Payload(body, content_type), LIMITS)
    assert (list(decoded.items), decoded.many) == (items, many)


def test_root_parameters_and_options_are_kept_apart() -> None:
    body = b'{"inputs": "a", "normalize": true, "parameters": {"dimensions": 2}, "options": {"use_cache": false}}'
    decoded = TEXT.decode(Payload(body), LIMITS)
    assert decoded.params == {"normalize": True, "dimensions": 2}
    assert decoded.options == {"use_cache": False}


@pytest.mark.parametrize("body", [b"{bad", b"42", b"\xff\xfe", b'{"inputs": "\\ud800"}', b"null"])
def test_malformed_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        TEXT.decode(Payload(body), LIMITS)


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (b"inputs=I+like+you", "application/x-www-form-urlencoded", "is a form"),
        (b"text=I like you", "application/x-www-form-urlencoded; charset=utf-8", "is a form"),
        (b'--x\r\nContent-Disposition: form-data; name="inputs"\r\n\r\na\r\n--x--', "multipart/form-data; boundary=x",
         "is a form"),
        (b"<a>b</a>", "application/xml", "'application/xml'"),
        (b"<a>b</a>", "text/html", "'text/html'"),
        (b"a,b", "text/csv", "'text/csv'"),
        (b"\xff\xd8\xff", "image/jpeg", "'image/jpeg'"),
        (b"a b", "text/plain; charset=utf-7", "'utf-7'"),
        (b"a b", "text/plain; charset=nobody-knows", "'nobody-knows'"),
    ],
)  # fmt: skip
def test_what_is_neither_text_nor_json_is_no_text(body: bytes, content_type: str, said: str) -> None:
    with pytest.raises(UnsupportedMedia, match=said) as refused:
        TEXT.decode(Payload(body, content_type), LIMITS)
    assert "send" in str(refused.value)
    with pytest.raises((UnsupportedMedia, InvalidRequest), match="send"):
        PAIR.decode(Payload(body, content_type), LIMITS)


@pytest.mark.parametrize("body", [b"{'inputs': 'a'}", b'{"inputs": "a"', b'["a", "b"]'])
def test_json_that_says_it_is_plain_text_is_not_taken_as_that(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        TEXT.decode(Payload(body, "text/plain"), LIMITS)


def test_plain_text_must_be_text() -> None:
    with pytest.raises(InvalidRequest, match="UTF-8"):
        TEXT.decode(Payload(b"caf\xe9", "text/plain"), LIMITS)
    with pytest.raises(InvalidRequest, match="empty"):
        TEXT.decode(Payload(b"  ", "text/plain"), LIMITS)


@pytest.mark.parametrize(
    ("codec", "body"),
    [
        (TEXT, b'["a", "b", "c", "d"]'),
        (TEXT, b'"' + b"x" * 21 + b'"'),
        (PAIR, b'{"inputs": {"source_sentence": "a", "sentences": ["b", "c", "d"]}}'),
    ],
)
def test_limits_hold_over_all_texts_of_a_request(codec: TextInput[object], body: bytes) -> None:
    with pytest.raises(TooLarge, match="at most"):
        codec.decode(Payload(body), LIMITS)


def test_a_raw_text_of_too_many_bytes_is_refused_before_it_is_decoded() -> None:
    body = "日".encode() * 28 + b"\xff"  # 21 characters at least, and no text
    with pytest.raises(TooLarge, match="characters"):
        TEXT.decode(Payload(body, "text/plain"), LIMITS)


def test_characters_are_metered() -> None:
    items = TEXT.decode(Payload('["é", "ab"]'.encode()), LIMITS).items
    assert TEXT.meter(items) == {"x-compute-characters": "3"}


def test_a_list_is_refused_where_one_answer_is_all_there_is() -> None:
    single = TextInput(TypeAdapter(str), texts=lambda text: (text,), raw=str, batches=False)
    assert list(single.decode(Payload(b'{"inputs": "a"}'), LIMITS).items) == ["a"]
    with pytest.raises(InvalidRequest, match="one input at a time"):
        single.decode(Payload(b'["a"]'), LIMITS)


@pytest.mark.parametrize(
    "body",
    [
        b'{"inputs": null, "parameters": {}, "source_sentence": "a", "sentences": ["b"]}',
        b'{"source_sentence": "a", "sentences": ["b"], "parameters": null, "model": "org/name"}',
        b'{"inputs": {"source_sentence": "a", "sentences": ["b"], "other": null}, "model": null}',
    ],
)
def test_null_is_left_out(body: bytes) -> None:
    decoded = PAIR.decode(Payload(body), LIMITS)
    assert (decoded.items[0].source_sentence, decoded.items[0].sentences, decoded.params) == ("a", ["b"], {})


def test_parameters_beside_inputs_of_the_root() -> None:
    body = b'{"inputs": null, "parameters": {"k": 1}, "source_sentence": "a", "sentences": ["b"]}'
    assert PAIR.decode(Payload(body), LIMITS).params == {"k": 1}


@pytest.mark.parametrize("sent", ["Right", "right"])
def test_a_direction_as_releases_before_1_0_spell_it(sent: str) -> None:
    assert FEATURE_EXTRACTION.params.model_validate({"truncation_direction": sent}).truncation_direction == "right"


def test_embeddings_in_base64_are_another_routes() -> None:
    assert FEATURE_EXTRACTION.params.model_validate({"encoding_format": "float"})
    with pytest.raises(ValueError, match="/v1/embeddings"):
        FEATURE_EXTRACTION.params.model_validate({"encoding_format": "base64"})
