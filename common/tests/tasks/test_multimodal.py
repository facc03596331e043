import orjson
import pytest
from inference_common.client import Client
from inference_common.tasks.decoding import GeneratedText, GenerationParameters
from inference_common.tasks.multimodal import IMAGE_TO_TEXT, ImageToTextParams

CAPTION: list[GeneratedText] = [{"generated_text": "a house"}]


def test_what_was_asked_of_generation_is_gathered() -> None:
    params = ImageToTextParams(max_new_tokens=3, generation_parameters=GenerationParameters(num_beams=2))
    assert params.asked == {"max_new_tokens": 3, "num_beams": 2}
    assert ImageToTextParams().asked == {}


@pytest.mark.parametrize(
    ("client", "listed"),
    [
        (Client(), True),
        (Client(python=(2, 4, 0)), True),
        (Client(python=(0, 36)), True),
        (Client(python=(0, 23, 5)), False),
        (Client(python=(0, 22)), False),
        (Client(python=(0, 21, 4)), True),
        (Client(javascript=(4, 13, 15)), False),
        (Client(javascript=(4, 13, 14)), True),
    ],
)
def test_a_caption_is_listed_for_who_reads_a_list(client: Client, listed: bool) -> None:
    answer = orjson.loads(IMAGE_TO_TEXT.output.encode(CAPTION, client, many=False).body)
    assert answer == (CAPTION if listed else CAPTION[0])
