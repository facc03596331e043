import pytest
from inference_common.codecs.envelope import opened
from inference_common.errors import InvalidRequest


def test_parameters_of_the_root_win() -> None:
    envelope = opened({"inputs": 1, "k": 2, "parameters": {"k": 3, "m": 4}, "options": None}, frozenset({"k"}))
    assert (envelope.inputs, envelope.params, envelope.options) == (1, {"k": 2, "m": 4}, {})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"parameters": {}}, '"inputs" is missing'),
        ({"inputs": 1, "k": 2}, "Unknown parameter 'k'; known: inputs, options, parameters"),
        ({"inputs": 1, "parameters": [1]}, '"parameters" must be a JSON object'),
        ({"inputs": 1, "options": "x"}, '"options" must be a JSON object'),
    ],
)
def test_what_is_no_envelope_is_refused(value: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        opened(value)
