"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task.
"""

from __future__ import annotations

import sys
from pathlib import Path

HUB = {"text-to-speech": "maureesewilliams/hibari"}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ("voices/bf_emma.int8.onnx",)
"""Files that mark a repository as this library's."""


def text_to_speech(folder: Path) -> None:
    """The voice that is in the library's package: a real one, of 8 MB."""
    import shutil

    from hibari.voices import DEFAULT, voice_path

    shutil.copy(voice_path(DEFAULT), folder)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](Path(sys.argv[2]))
