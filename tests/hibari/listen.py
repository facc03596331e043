"""Prints, as a JSON list, what a speech recogniser hears in 16 kHz mono WAV files: `python listen.py FILE...`."""

from __future__ import annotations

import json
import sys
import wave

from pocketsphinx import Decoder  # type: ignore[import-not-found]  # of an environment of its own


def heard(file: str) -> str:
    """The words of one file."""
    listener = Decoder(samprate=16_000, loglevel="ERROR")
    with wave.open(file) as sound:
        listener.start_utt()
        listener.process_raw(sound.readframes(sound.getnframes()), full_utt=True)
        listener.end_utt()
    best = listener.hyp()
    return str(best.hypstr) if best else ""


print(json.dumps([heard(file) for file in sys.argv[1:]]))
