"""`ffmpeg BODIES`: one ffmpeg process for each sound, to 16 kHz mono, as earlier servers decode."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import imageio_ffmpeg
import numpy as np

from .line import answer, bodies

NAMES = ("wav", "flac", "mp3", "ogg")
OPTIONS = ["-i", "pipe:0", "-ac", "1", "-ar", "16000", "-f", "f32le", "-hide_banner", "-loglevel", "quiet", "pipe:1"]


def main(path: str) -> None:
    """Answer until the end of the input."""
    sounds = dict(zip(NAMES, bodies(path), strict=True))
    program = imageio_ffmpeg.get_ffmpeg_exe()

    def steps(load: str, clients: int) -> Iterator[int]:
        while True:
            done = subprocess.run([program, *OPTIONS], input=sounds[load], capture_output=True, check=True)
            assert np.frombuffer(done.stdout, np.float32).any()
            yield 1

    answer(steps)


if __name__ == "__main__":
    main(sys.argv[1])
