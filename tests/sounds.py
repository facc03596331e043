"""Sounds for tests of what makes sounds of a sound, and scripts that run where a library is installed."""

from __future__ import annotations

import base64
import io
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from scripts.envs import python_of
from scripts.images import ROOT, Library

from .servers import ALONE, Server

RATE = 16_000
Wave = np.ndarray[Any, np.dtype[np.float64]]


def run_script(known: Library, script: Path, *arguments: str | Path, **settings: str) -> str:
    """What a script says in a library's environment, with its folder and the shared package on the path."""
    paths = os.pathsep.join((str(ROOT / "common" / "src"), str(known.folder)))
    done = subprocess.run(
        [python_of(known), script, *arguments],
        cwd=known.folder,
        env={**ALONE, **os.environ, **settings, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tone(hertz: float, level: float) -> Wave:
    """A second of it at `RATE`."""
    return np.asarray(level * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE))


def si_sdr(heard: Wave, wanted: Wave) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019, SDR - half-baked or well done?)."""
    projected = (heard @ wanted) / (wanted @ wanted) * wanted
    return float(10 * np.log10((projected @ projected) / ((heard - projected) @ (heard - projected))))


def sources_of(server: Server, sound: Wave) -> dict[str, tuple[Wave, int]]:
    """What a served audio-to-audio makes of a sound at `RATE`: by label, a waveform and its rate."""
    body = io.BytesIO()
    soundfile.write(body, sound, RATE, format="WAV", subtype="FLOAT")
    answer = server.client.post("/", content=body.getvalue(), headers={"content-type": "audio/wav"})
    assert answer.status_code == 200, answer.text
    return {one["label"]: soundfile.read(io.BytesIO(base64.b64decode(one["blob"]))) for one in answer.json()}
