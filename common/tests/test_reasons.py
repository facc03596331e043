import time

import pytest
from inference_common.reasons import MAX_REASON_CHARACTERS, clean, reason


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("the network has no head", "the network has no head"),
        ("No such file: '/home/user/.cache/hub/models--a/snapshots/0/config.json'", "No such file: 'config.json'"),
        ("[Errno 2] in ~/models/x/ and C:\\Users\\me\\weights.bin", "[Errno 2] in x and weights.bin"),
        ("see https://hub.example/docs for org/name, 1/2", "see https://hub.example/docs for org/name, 1/2"),
        ("It has code of its own. Pass `trust_remote_code=True` to allow it.", "It has code of its own."),
        ("Weights only load failed.\n(1) Set `weights_only` to `False`: it may run code.", "Weights only load failed."),
        ("needs flair\nRun `pip install flair`", "needs flair"),
        ("a\x1b[31mred\x00", "a [31mred "),
        ("", ""),
    ],
)
def test_a_librarys_message_is_cleaned(message: str, said: str) -> None:
    assert clean(message) == said


def test_a_reason_names_its_type() -> None:
    assert reason(ValueError("no head")) == "ValueError: no head"
    assert reason(KeyError()) == "KeyError"
    assert reason(RuntimeError("pip install x")) == "RuntimeError"


@pytest.mark.parametrize(
    "message", ["/" * 10**6, "/a" * 10**6, "." * 10**6, "a. " * 10**6, "\n" * 10**6, "C:\\" * 10**6]
)
def test_a_long_message_takes_no_time(message: str) -> None:
    begun = time.monotonic()
    assert len(clean(message)) <= MAX_REASON_CHARACTERS
    assert time.monotonic() - begun < 2
