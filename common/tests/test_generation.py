import pytest
from inference_common.chat import ChatParams
from inference_common.errors import InvalidRequest
from inference_common.generation import TextGenerationParams
from inference_common.task import Limits
from inference_common.tasks.multimodal import ImageToTextParams
from inference_common.tasks.seq2seq import Seq2SeqParams
from inference_common.tasks.speech import RecognitionParams
from pydantic import ValidationError

LIMITS = Limits(inputs=1, characters=1, new_tokens=100)


@pytest.mark.parametrize(
    ("asked", "samples"),
    [
        ({}, None),
        ({"temperature": 1.0}, True),
        ({"do_sample": True}, True),
        ({"do_sample": False}, False),
        ({"do_sample": False, "temperature": 1.0, "top_p": 1.0}, False),
        ({"do_sample": False, "top_p": 0.5}, True),
    ],
)
def test_parameters_of_sampling_ask_for_it(asked: dict[str, object], samples: bool | None) -> None:
    assert TextGenerationParams.model_validate(asked).samples is samples


def test_stops_come_by_two_names_alone_or_in_a_list() -> None:
    params = TextGenerationParams.model_validate({"stop": "a", "stop_sequences": ["b", "c"]})
    assert params.stops == ("a", "b", "c")
    assert TextGenerationParams().stops == ()
    for wrong in (7, [""], ["a", 7]):
        with pytest.raises(ValidationError):
            TextGenerationParams.model_validate({"stop": wrong})


def test_the_servers_limit_is_the_default_and_the_most() -> None:
    assert TextGenerationParams().within(LIMITS).max_new_tokens == 100
    assert TextGenerationParams().within(Limits(1, 1)).max_new_tokens == 256
    assert TextGenerationParams(max_new_tokens=7).within(LIMITS).max_new_tokens == 7
    assert TextGenerationParams(max_new_tokens=101).within(LIMITS).max_new_tokens == 100


def test_what_the_servers_limit_lowers_is_told() -> None:
    told = ["101 tokens were asked for, and this server generates at most 100 (MAX_NEW_TOKENS)"]
    asked = [
        TextGenerationParams(max_new_tokens=101),
        ChatParams(max_tokens=101),
        ChatParams(max_completion_tokens=101, max_tokens=7),
        Seq2SeqParams(max_length=101),
        Seq2SeqParams.model_validate({"generate_parameters": {"max_new_tokens": 101}}),
        ImageToTextParams(max_new_tokens=101),
        RecognitionParams.model_validate({"generation_parameters": {"max_length": 101}}),
    ]
    for params in asked:
        assert params.lowered(LIMITS) == told, params
        assert not params.within(LIMITS).lowered(LIMITS), params
    for params in (TextGenerationParams(), ChatParams(max_tokens=100), Seq2SeqParams(), ImageToTextParams()):
        assert not params.lowered(LIMITS), params


def test_a_least_length_past_the_servers_limit_is_refused() -> None:
    for name in ("min_length", "min_new_tokens"):
        for asked in ({name: 101}, {"generate_parameters": {name: 101}}):
            with pytest.raises(InvalidRequest, match=f"^{name} is 101"):
                Seq2SeqParams.model_validate(asked).within(LIMITS)


def test_a_chats_limit_goes_by_either_name() -> None:
    assert ChatParams(max_completion_tokens=7, max_tokens=9).within(LIMITS).generation().max_new_tokens == 7
    for name in ("max_tokens", "max_completion_tokens"):
        assert ChatParams.model_validate({name: 101}).within(LIMITS).generation().max_new_tokens == 100


def test_a_chat_at_temperature_nought_is_not_sampled() -> None:
    assert ChatParams(temperature=0, top_p=0.5).generation().samples is False
    assert ChatParams(temperature=0.5).generation().samples is True
    assert ChatParams().generation().samples is None


def test_likely_tokens_are_told_only_with_logprobs() -> None:
    assert ChatParams(top_logprobs=3).generation().top_n_tokens is None
    assert ChatParams(top_logprobs=3, logprobs=True).generation().top_n_tokens == 3
