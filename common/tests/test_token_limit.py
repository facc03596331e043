import math

import pytest
from inference_common.token_limit import token_limit

BERT = {"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}
ROBERTA = {"model_type": "roberta", "max_position_embeddings": 130, "pad_token_id": 1}


@pytest.mark.parametrize("length", [None, math.inf, -1, 0, 1e30, int(1e30), math.nan, True, "512", 2**31])
def test_what_stands_for_no_limit_limits_nothing(length: object) -> None:
    assert token_limit({}, length) is None
    assert token_limit(BERT, length) == 512
    assert token_limit({"max_position_embeddings": length}) is None


@pytest.mark.parametrize(
    ("config", "lengths", "limit"),
    [
        ({}, (), None),
        ({}, (128, 256), 128),
        ({}, (128.0,), 128),
        (BERT, (128,), 128),
        (BERT, (1024,), 512),
        (ROBERTA, (), 128),
        (ROBERTA, (130,), 128),
        (ROBERTA, (100,), 100),
        ({**ROBERTA, "pad_token_id": 0}, (), 129),
        ({**ROBERTA, "pad_token_id": None}, (), 128),
        ({"model_type": "roberta", "max_position_embeddings": 130}, (), 128),
        ({"model_type": "xlnet", "max_position_embeddings": -1}, (), None),
        ({"model_type": "t5", "n_positions": 512}, (), None),
        ({"model_type": "led", "max_encoder_position_embeddings": 64}, (), 64),
        ({**BERT, "relative_attention": True, "position_biased_input": False}, (), None),
        ({**BERT, "relative_attention": True, "position_biased_input": True}, (), 512),
        ({**BERT, "relative_attention": False, "position_biased_input": False}, (), 512),
    ],
)
def test_the_least_of_positions_and_lengths_is_the_limit(
    config: dict[str, object], lengths: tuple[object, ...], limit: int | None
) -> None:
    assert token_limit(config, *lengths) == limit
