"""Makes the media of inference_common/samples: `python -m tests.make_samples`. They are committed; this says how.

All but audio.flac, in which the voice of hibari-tts 0.2.1 (Apache-2.0) says "Hello world."
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
import soundfile
from PIL import Image, ImageDraw, ImageFont

from scripts.images import ROOT

SAMPLES = ROOT / "common" / "src" / "inference_common" / "samples"


def house(width: int, height: int, sun: float = 0.8) -> Image.Image:
    """A house under a sun, which stands at `sun` of the width."""
    image = Image.new("RGB", (width, height), (120, 180, 240))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 2 // 3, width, height), fill=(60, 140, 60))
    draw.rectangle((width // 6, height // 3, width // 2, height * 3 // 4), fill=(200, 80, 60))
    draw.polygon([(width // 8, height // 3), (width // 3, height // 8), (width * 13 // 24, height // 3)], (90, 50, 40))
    radius = height // 8
    left = round(sun * width)
    draw.ellipse((left - radius, radius // 2, left + radius, radius // 2 + 2 * radius), fill=(250, 220, 60))
    return image


def write_images() -> None:
    """A JPEG, and a PNG whose corners are transparent."""
    house(96, 64).save(SAMPLES / "image.jpg", quality=85)
    mask = Image.new("L", (64, 48))
    ImageDraw.Draw(mask).ellipse((0, 0, 63, 47), fill=255)
    clear = house(64, 48).convert("RGBA")
    clear.putalpha(mask)
    clear.save(SAMPLES / "image.png", optimize=True)


def write_document() -> None:
    """A small page in gray, in Pillow's own font."""
    page = Image.new("L", (400, 200), 255)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(20)
    lines = ("Paris Cat and Dog Hotel", "Invoice number: US-001", "Due date: 26 February 2019", "Total: 154.06 euros")
    for n, line in enumerate(lines):
        draw.text((24, 24 + 40 * n), line, fill=0, font=font)
    page.quantize(8).save(SAMPLES / "document.png", optimize=True)


def write_video() -> None:
    """Two seconds of H.264, 16 frames each, in which the sun moves."""
    with av.open(str(SAMPLES / "video.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=16, options={"crf": "30", "preset": "slow"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(32):
            frame = av.VideoFrame.from_ndarray(np.asarray(house(64, 48, 0.1 + 0.8 * n / 31)), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_audio() -> None:
    """Half a second each: a rising tone, two tones in two channels, and one each in the containers of browsers and
    phones."""
    times = np.arange(4000) / 8000
    soundfile.write(SAMPLES / "audio.wav", np.sin(2 * np.pi * (300 + 700 * times) * times) / 2, 8000, subtype="PCM_16")
    times = np.arange(22050) / 44100
    chord = np.stack([0.4 * np.sin(2 * np.pi * hertz * times) for hertz in (440, 660)], axis=1)
    soundfile.write(SAMPLES / "audio.ogg", chord, 44100, format="OGG", subtype="VORBIS")
    _write_tone("audio.webm", "webm", "libopus", 48000, 24_000)
    _write_tone("audio.m4a", "ipod", "aac", 44100, 32_000)


def _write_tone(name: str, container: str, codec: str, rate: int, bits: int) -> None:
    times = np.arange(rate // 2) / rate
    wave = (0.4 * np.sin(2 * np.pi * 700 * times)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    with av.open(str(SAMPLES / name), "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = bits
        resampler = av.AudioResampler(stream.codec_context.format, "mono", rate, stream.codec_context.frame_size)
        for given in (*resampler.resample(frame), *resampler.resample(None), None):
            file.mux(stream.encode(given))


if __name__ == "__main__":
    write_images()
    write_document()
    write_audio()
    write_video()
