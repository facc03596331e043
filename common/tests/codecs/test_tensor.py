import base64
import json

import numpy as np
import pytest
from inference_common.codecs.tensor import TensorInput, as_array
from inference_common.errors import InvalidRequest, TooLarge
from inference_common.task import Limits, Payload

LIMITS = Limits(inputs=1, characters=1, pixels=1600)
VALUES = np.array([[0.5, -2.0, 1.0], [0.0, 3.0, -0.25]], dtype=np.float32)


@pytest.mark.parametrize(
    ("dtype", "body"),
    [
        ("float32", VALUES.tobytes()),
        ("float16", VALUES.astype(np.float16).tobytes()),
        ("bfloat16", (VALUES.view(np.uint32) >> 16).astype(np.uint16).tobytes()),
    ],
)
def test_every_type_is_read(dtype: str, body: bytes) -> None:
    read = as_array(body, (2, 3), dtype, LIMITS)  # type: ignore[arg-type]
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, VALUES)


@pytest.mark.parametrize("query", [{"shape": "[2,3]", "dtype": '"float32"'}, {"shape": "2,3", "dtype": "float32"}])
def test_raw_bytes_are_told_by_the_query(query: dict[str, str]) -> None:
    codec = TensorInput()
    decoded = codec.decode(Payload(VALUES.tobytes(), None, query), LIMITS)
    np.testing.assert_array_equal(decoded.items[0], VALUES)
    assert codec.meter(decoded.items) == {"x-compute-images": "1"}


def test_raw_bytes_may_begin_as_json_does() -> None:
    body = b'{"in' + bytes(20)  # 24 bytes
    decoded = TensorInput().decode(Payload(body, None, {"shape": "6", "dtype": "float32"}), LIMITS)
    assert decoded.items[0].shape == (6,)


def test_base64_is_told_by_the_parameters() -> None:
    asked = {
        "inputs": base64.b64encode(VALUES.tobytes()).decode(),
        "parameters": {"shape": [2, 3], "dtype": "float32", "other": 1},
    }
    decoded = TensorInput().decode(Payload(json.dumps(asked).encode()), LIMITS)
    np.testing.assert_array_equal(decoded.items[0], VALUES)
    assert decoded.params == asked["parameters"]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"shape \[2, 4\] of float32 is 32 bytes, and 24 were sent"):
        as_array(VALUES.tobytes(), (2, 4), "float32", LIMITS)
    with pytest.raises(TooLarge, match="1,600 pixels"):
        as_array(VALUES.tobytes(), (101,), "float32", LIMITS)
    with pytest.raises(InvalidRequest, match="shape"):
        TensorInput().decode(Payload(VALUES.tobytes(), None, {"shape": "2,,3", "dtype": "float32"}), LIMITS)
