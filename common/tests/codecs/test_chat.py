import json
from typing import Any

import pytest
from inference_common.codecs.chat import ChatInput
from inference_common.errors import TooLarge
from inference_common.task import Limits, Payload

LIMITS = Limits(inputs=2, characters=10)


def payload(messages: list[dict[str, Any]], **params: object) -> Payload:
    return Payload(json.dumps({"messages": messages, **params}).encode())


def test_parts_of_text_become_one_and_what_else_a_message_holds_stays() -> None:
    said = [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "name": "me"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "x"}], "refusal": None},
    ]
    decoded = ChatInput().decode(payload(said, max_tokens=3), LIMITS)
    assert decoded.items[0].messages == [
        {"role": "user", "content": "ab", "name": "me"},
        {"role": "assistant", "content": "", "tool_calls": [{"id": "x"}]},
    ]
    assert decoded.params == {"max_tokens": 3}
    assert ChatInput().meter(decoded.items) == {"x-compute-characters": "2"}


@pytest.mark.parametrize("contents", [["a"] * 3, ["a" * 6] * 2])
def test_too_much_is_refused(contents: list[str]) -> None:
    with pytest.raises(TooLarge, match="2 messages of 10 characters"):
        ChatInput().decode(payload([{"role": "user", "content": text} for text in contents]), LIMITS)
