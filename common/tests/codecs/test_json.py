import math

import numpy as np
import orjson
import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.client import Client
from inference_common.codecs import json
from inference_common.errors import InvalidRequest, TooLarge
from inference_common.task import Limits
from inference_common.tasks.text import FeatureExtractionParams
from inference_common.units import MIB
from pydantic import TypeAdapter

LIMITS = Limits(inputs=10, characters=1000)


@pytest.mark.parametrize("body", [b"", b" \n", b"{", b"[NaN]", b"\xff", b"[" * 5000 + b"]" * 5000, b'{"a":' * 3000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        json.parse(body, LIMITS)


def test_unknown_parameters_are_named_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match=r"'normalise'; known parameters: dimensions, .*normalize"):
        json.validate_params(FeatureExtractionParams, {"normalise": True})


def test_findings_are_listed_with_their_places() -> None:
    with pytest.raises(InvalidRequest, match=r"inputs\.0.*and 1 more") as caught:
        json.validate(TypeAdapter(list[int]), ["a", "b"], "inputs")
    assert [detail.loc for detail in caught.value.details] == ["inputs.0", "inputs.1"]


@pytest.mark.defect(4)
def test_numpy_is_written_and_what_json_cannot_hold_is_null() -> None:
    output = json.JsonOutput[object](object)
    encoded = output.encode([np.array([1.5, math.nan], dtype=np.float32), [math.inf]], Client(), many=True)
    assert encoded.media_type == "application/json"
    assert orjson.loads(encoded.body) == [[1.5, None], [None]]
    assert "NaN" in encoded.headers["x-warning"]


def test_a_null_that_the_model_meant_warns_of_nothing() -> None:
    output = json.JsonOutput[object](object)
    for value in ({"end": None}, [None, 1.0, np.float32(2)], np.ones(3)):
        assert output.encode([value], Client(), many=False).headers == {}
    assert output.encode([{"score": (None, np.float32("nan"))}], Client(), many=False).headers != {}


def test_the_shape_and_the_list_around_it_are_the_clients() -> None:
    output = json.JsonOutput[str](
        dict[str, str], shape=lambda text, client: {"text": text}, listed=lambda c: c.javascript is None
    )
    assert output.encode(["a"], Client(), many=False).body == b'[{"text":"a"}]'
    assert output.encode(["a"], Client(javascript=(4,)), many=False).body == b'{"text":"a"}'
    assert output.encode(["a", "b"], Client(), many=True).body == b'[{"text":"a"},{"text":"b"}]'


def many(unit: bytes, count: int) -> bytes:
    return b"[" + b",".join([unit] * count) + b"]"


@pytest.mark.parametrize("unit", [b"1", b'"a"', b"[]", b"{}", b"[[1]]", b'{"a":{"b":1}}'])
def test_more_values_than_are_taken_are_refused(unit: bytes) -> None:
    json.parse(many(unit, LIMITS.values // 4), LIMITS)
    for count in (LIMITS.values + 1, 10 * LIMITS.values):
        with pytest.raises(TooLarge, match="values"):
            json.parse(many(unit, count), LIMITS)
    json.parse(many(b"1", LIMITS.values + 1), LIMITS, values=2 * LIMITS.values)


def test_characters_of_a_text_are_not_taken_for_values() -> None:
    text = b"[,{" * (LIMITS.values // 4)
    assert json.parse(b'["%s"]' % text, LIMITS) == [text.decode()]


@pytest.mark.parametrize(
    ("body", "copies"),
    [(b'"%s"' % (b"a" * 99_998), 2), (b'"%s"' % ("日".encode() * 33_333), 5), (b'"%s"' % (rb"\u65e5" * 20_000), 5)],
)
def test_the_memory_of_what_is_parsed_is_held(body: bytes, copies: int) -> None:
    whole = MemoryAccount(100 * MIB)
    account.reserve(whole)
    json.parse(body, LIMITS)
    assert whole.used == copies * len(body)
    json.parse(many(b"[]", 25_000), Limits(inputs=10, characters=100_000))
    assert whole.used > copies * len(body) + 25_000 * 128
    account.release()


def test_the_memory_of_large_arrays_is_held_before_they_are_written() -> None:
    whole = MemoryAccount(100 * MIB)
    account.reserve(whole)
    vectors = np.full((1, 1000, 768), 0.123456, np.float32)
    body = json.dumped([vectors]).body
    assert len(body) <= whole.used < 2 * len(body)
    with pytest.raises(TooLarge):
        json.dumped([vectors] * 10)
    account.release()
