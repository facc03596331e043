import pytest
from inference_common.codecs.text import TextInput
from inference_common.errors import InvalidRequest, TooLarge
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
