import io
import wave

import numpy as np
from inference_common.testing import hostile
from PIL import Image


def test_the_bomb_is_a_real_png_of_that_size() -> None:
    with Image.open(io.BytesIO(hostile.png_bomb(300))) as image:
        assert image.size == (300, 300)
        assert not np.asarray(image).any()


def test_an_honest_wav_is_a_real_one() -> None:
    with wave.open(io.BytesIO(hostile.wav(100, bytes(100)))) as sound:
        assert (sound.getnframes(), sound.getnchannels(), sound.getframerate()) == (50, 1, 16_000)


def test_accidents_are_the_same_for_a_seed_and_never_twice_alike() -> None:
    body = bytes(range(200))
    first = list(hostile.accidents(body, 1, 50))
    assert first == list(hostile.accidents(body, 1, 50))
    assert len(set(first)) > 40
    assert any(len(accident) != len(body) for accident in first)


def test_hostile_bodies_stay_small_enough_to_send() -> None:
    assert all(0 < len(body) < 500_000 for body in hostile.bodies().values())
