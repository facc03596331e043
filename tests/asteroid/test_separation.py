"""Sources come out of a mixture, as long as it and no louder; every class of the library is served."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from scripts.envs import python_of
from scripts.images import ROOT, library

from ..servers import Server, start_process

KNOWN = library("asteroid")
RATE = 16_000  # not the network's own, which is half of it
HERE = Path(__file__).parent
Wave = np.ndarray[Any, np.dtype[np.float64]]


def run(script: str, folder: Path) -> str:
    """What a script of this folder says, in the library's environment."""
    paths = os.pathsep.join((str(ROOT / "common" / "src"), str(KNOWN.folder)))
    command = [str(python_of(KNOWN)), str(HERE / script), str(folder)]
    done = subprocess.run(
        command, cwd=KNOWN.folder, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tones")
    run("train.py", folder)
    started = start_process(KNOWN, "audio-to-audio", str(folder))
    yield started
    started.client.close()
    assert started.stop() == 0


def tone(hertz: float, level: float) -> Wave:
    return np.asarray(level * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE))


def si_sdr(heard: Wave, wanted: Wave) -> float:
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019, SDR - half-baked or well done?)."""
    projected = (heard @ wanted) / (wanted @ wanted) * wanted
    return float(10 * np.log10((projected @ projected) / ((heard - projected) @ (heard - projected))))


def separated(server: Server, mixture: Wave) -> list[tuple[Wave, int]]:
    body = io.BytesIO()
    soundfile.write(body, mixture, RATE, format="WAV", subtype="FLOAT")
    answer = server.client.post("/", content=body.getvalue(), headers={"content-type": "audio/wav"})
    assert answer.status_code == 200, answer.text
    assert [one["label"] for one in answer.json()] == ["label_0", "label_1"]
    return [soundfile.read(io.BytesIO(base64.b64decode(one["blob"]))) for one in answer.json()]


def test_each_tone_of_a_mixture_is_given_back(server: Server) -> None:
    low, high = tone(440, 0.3), tone(2000, 0.2)
    mixture = low + high
    for (heard, rate), wanted in zip(separated(server, mixture), (low, high), strict=True):
        assert rate == 8000
        assert len(heard) == len(mixture) // 2
        halved, mixed = wanted[::2], mixture[::2]
        assert si_sdr(heard, halved) - si_sdr(mixed, halved) > 10
        assert np.abs(heard).max() == pytest.approx(np.abs(halved).max(), rel=0.2)  # its own level


@pytest.mark.timeout(300)
def test_every_class_of_the_library_is_read_and_answers(tmp_path: Path) -> None:
    told = json.loads(run("registry.py", tmp_path).splitlines()[-1])
    labels = {"LSTMTasNet": 3, "DeMask": 1, "DCUNet": 1, "DCCRNet": 1}
    for name, sources in told.items():
        assert sources == [f"label_{n}" for n in range(labels.get(name, 2))], name
