import pytest
from inference_common.codecs.accept import chosen
from inference_common.errors import InvalidRequest

OFFERED = ("image/png", "image/jpeg", "audio/flac")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "image/png"),
        ("", "image/png"),
        ("application/json", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/JPEG;q=0.5", "image/jpeg"),
        ("image/webp, image/jpeg;q=0.8, */*;q=0.1", "image/jpeg"),
        ("audio/*", "audio/flac"),
        ("image/jpeg;q=0, */*", "image/png"),
        ("image/jpeg;q=many", "image/png"),
        ("image/png;q=0.1,image/jpeg;q=0.9", "image/jpeg"),
    ],
)
def test_the_most_wanted_of_what_can_be_made(accept: str, expected: str) -> None:
    assert chosen(accept, OFFERED) == expected


def test_what_cannot_be_made_is_refused_with_what_can() -> None:
    with pytest.raises(InvalidRequest, match=r"video/mp4.*image/png, image/jpeg, audio/flac"):
        chosen("video/mp4", OFFERED)
