"""`audio BODIES`: our decoder, to 16 kHz mono."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from inference_common.codecs.audio import decode
from inference_common.settings import Settings

from .line import answer, bodies

NAMES = ("wav", "flac", "mp3", "ogg")


def main(path: str) -> None:
    """Answer until the end of the input."""
    sounds = dict(zip(NAMES, bodies(path), strict=True))
    limits = replace(Settings().limits, rate=16_000)

    def steps(load: str, clients: int) -> Iterator[int]:
        while True:
            assert decode(sounds[load], limits).samples.any()
            yield 1

    answer(steps)


if __name__ == "__main__":
    main(sys.argv[1])
