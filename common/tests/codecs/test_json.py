import math

import numpy as np
import orjson
import pytest
from inference_common.codecs import json
from inference_common.errors import InvalidRequest
from inference_common.tasks.text import FeatureExtractionParams
from pydantic import TypeAdapter


@pytest.mark.parametrize("body", [b"", b" \n", b"{", b"[NaN]", b"\xff", b"[" * 5000 + b"]" * 5000, b'{"a":' * 3000])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest, match="JSON"):
        json.parse(body)


def test_unknown_parameters_are_named_with_the_known_ones() -> None:
    known = tuple(FeatureExtractionParams.model_fields)
    with pytest.raises(InvalidRequest, match=r"'normalise'; known parameters: dimensions, normalize"):
        json.validate_params(FeatureExtractionParams, {"normalise": True}, known)


def test_findings_are_listed_with_their_places() -> None:
    with pytest.raises(InvalidRequest, match=r"inputs\.0.*and 1 more") as caught:
        json.validate(TypeAdapter(list[int]), ["a", "b"], "inputs")
    assert [detail.loc for detail in caught.value.details] == ["inputs.0", "inputs.1"]


def test_numpy_is_written_and_what_json_cannot_hold_is_null() -> None:
    body, media_type = json.JsonOutput().encode([np.array([1.5, math.nan], dtype=np.float32), [math.inf]], many=True)
    assert media_type == "application/json"
    assert orjson.loads(body) == [[1.5, None], [None]]
