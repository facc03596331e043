import pytest
from inference_common.codecs.envelope import enveloped, opened
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


def test_null_is_left_out_everywhere() -> None:
    value = {
        "inputs": {"question": "a", "context": None},
        "parameters": {"k": None, "nested": {"m": None, "n": 1}},
        "k": None,
        "unknown": None,
        "options": None,
    }
    envelope = opened(value)
    assert envelope.inputs == {"question": "a"}
    assert envelope.params == {"nested": {"n": 1}}


def test_a_null_among_cells_is_a_cell() -> None:
    rows = [{"a": None, "b": 1}]
    assert opened({"inputs": {"table": rows, "query": None}}).inputs == {"table": rows}


def test_a_null_of_the_root_does_not_hide_a_parameter() -> None:
    assert opened({"inputs": 1, "k": None, "parameters": {"k": 3}}, frozenset({"k"})).params == {"k": 3}


def test_the_models_name_beside_inputs_says_nothing() -> None:
    assert opened({"inputs": 1, "model": "org/name"}).params == {}


def test_inputs_that_may_be_left_out() -> None:
    assert opened({"parameters": {"k": 1}, "inputs": None}, required=False).inputs is None
    with pytest.raises(InvalidRequest, match='"inputs" is missing'):
        opened({"parameters": {"k": 1}, "inputs": None})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (
            {"inputs": None, "parameters": {"k": 1}, "a": 1, "b": 2, "c": None},
            {"inputs": {"a": 1, "b": 2}, "parameters": {"k": 1}},
        ),
        ({"a": 1, "b": 2, "model": "m"}, {"inputs": {"a": 1, "b": 2}, "model": "m"}),
        ({"inputs": None, "a": 1, "b": None}, {"inputs": None, "a": 1, "b": None}),
    ],
)
def test_inputs_at_the_root(value: dict[str, object], expected: dict[str, object]) -> None:
    assert enveloped(value, frozenset({"a", "b"})) == expected
