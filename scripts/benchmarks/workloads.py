"""What is sent: the same bytes in every run."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import soundfile
from PIL import Image

from .models import packages

WORDS = (
    "the of and a to in is was he for it with as his on be at by had not are but from or have an they which one you "
    "were all her she there would their we him been has when who will no more if out so said what up its about than "
    "into them can only other new some could time these two may then do first any my now such like our over man me "
    "even most made after also did many before must through years where much your way well down should because each "
    "just those people how too little state good very make world still own see men work long get here between both "
    "life being under never day same another know while last might us great old year off come since against go came "
    "right used take three morning river engine window garden teacher market science library winter mountain kitchen "
    "weather station bridge history village painter orchestra laboratory newspaper government temperature mysterious "
)
TEXTS, SHORTEST, LONGEST = 512, 5, 40  # words
PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "ihc.png", "rocket.jpg", "color.png")
MEGAPIXELS = (4000, 3000)
AUDIO_FORMATS = {"wav": ("WAV", "PCM_16"), "flac": ("FLAC", "PCM_16"), "mp3": ("MP3", None), "ogg": ("OGG", "VORBIS")}
SECONDS, RATE = 10, 44_100  # of each sound, in Hz; stereo
SPEECH_SECONDS, SPEECH_RATE = 30, 16_000  # of the recording to transcribe, in Hz; mono


@cache
def sentences() -> list[str]:
    """512 texts of 5 to 40 common words."""
    chance, words = random.Random(0), WORDS.split()
    return [
        " ".join(chance.choice(words) for _ in range(chance.randint(SHORTEST, LONGEST))) + "." for _ in range(TEXTS)
    ]


def texts(body: Callable[[str], object]) -> Callable[[], Sequence[bytes]]:
    """The sentences, each in the body that a server takes."""
    return lambda: [json.dumps(body(text)).encode() for text in sentences()]


@cache
def photos() -> list[bytes]:
    """A few photos of about 0.2 megapixels, as JPEG files."""
    found = [packages() / "skimage" / "data" / name for name in PHOTOS]
    return [_jpeg(Image.open(file), (512, 512)) for file in found if file.is_file()]


@cache
def large_photo() -> list[bytes]:
    """One JPEG file of 12 megapixels, with the noise that a camera's has."""
    image = Image.open(packages() / "skimage" / "data" / "coffee.png").convert("RGB").resize(MEGAPIXELS)
    noise = np.random.default_rng(0).normal(0, 6, (MEGAPIXELS[1], MEGAPIXELS[0], 1))
    noisy = np.clip(np.asarray(image, dtype=np.float32) + noise, 0, 255).astype(np.uint8)
    return [_jpeg(Image.fromarray(noisy), MEGAPIXELS)]


@cache
def sounds() -> list[bytes]:
    """10 s of stereo at 44.1 kHz in each format, in their order."""
    samples = _voice(SECONDS, RATE)[:, None] + np.random.default_rng(0).normal(0, 0.01, (SECONDS * RATE, 2))
    return [_sound(samples, *AUDIO_FORMATS[name]) for name in AUDIO_FORMATS]


@cache
def speech() -> list[bytes]:
    """One recording of 30 s, mono at 16 kHz, as a WAV file."""
    return [_sound(_voice(SPEECH_SECONDS, SPEECH_RATE), "WAV", "PCM_16", SPEECH_RATE)]


def _voice(seconds: int, rate: int) -> np.typing.NDArray[np.float64]:
    """A sound whose overtones and loudness change as those of a voice do."""
    times = np.arange(seconds * rate) / rate
    tones = [np.sin(2 * np.pi * 110 * n * times + n * np.sin(3 * times)) / n for n in range(1, 12)]
    voice: np.typing.NDArray[np.float64] = 0.2 * np.sum(tones, axis=0) * (0.6 + 0.4 * np.sin(2 * np.pi * 2.5 * times))
    return voice


def _jpeg(image: Image.Image, size: tuple[int, int]) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").resize(size).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _sound(samples: np.typing.NDArray[np.float64], container: str, coding: str | None, rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=container, subtype=coding)
    return buffer.getvalue()
