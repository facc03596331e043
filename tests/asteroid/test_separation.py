"""Sources come out of a mixture, as long as it and no louder; every class of the library is served."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from scripts.envs import python_of
from scripts.images import ROOT, library

from ..servers import ALONE, Server, start_process

KNOWN = library("asteroid")
RATE = 16_000  # not the network's own, which is half of it
HERE = Path(__file__).parent
Wave = np.ndarray[Any, np.dtype[np.float64]]


def run(script: str, folder: Path) -> str:
    """What a script of this folder says, in the library's environment."""
    paths = os.pathsep.join((str(ROOT / "common" / "src"), str(KNOWN.folder)))
    command = [str(python_of(KNOWN)), str(HERE / script), str(folder)]
    done = subprocess.run(
        command,
        cwd=KNOWN.folder,
        env={**ALONE, **os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
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
    tones = (tone(440, 0.3), tone(2000, 0.2))
    mixture = tones[0] + tones[1]
    made = separated(server, mixture)
    assert {rate for _, rate in made} == {8000}
    assert {len(heard) for heard, _ in made} == {len(mixture) // 2}
    mixed, wanted = mixture[::2], [one[::2] for one in tones]
    best = max(permutations(heard for heard, _ in made), key=lambda order: sum(map(si_sdr, order, wanted)))
    for heard, one in zip(best, wanted, strict=True):
        assert si_sdr(heard, one) - si_sdr(mixed, one) > 10
        assert np.abs(heard).max() == pytest.approx(np.abs(one).max(), rel=0.2)  # its own level


def test_a_click_and_two_channels_are_taken(server: Server) -> None:
    assert {len(heard) for heard, _ in separated(server, tone(440, 0.3)[:32])} == {16}
    assert len(separated(server, np.stack([tone(440, 0.3), tone(2000, 0.2)], axis=1))) == 2


SOURCES = {"LSTMTasNet": 3, "DeMask": 1, "DeMask-complex": 1, "DCUNet": 1, "DCCRNet": 1}
KINDS = ["ConvTasNet", "DPRNNTasNet", "DPTNet", "SuDORMRFNet", "SuDORMRFImprovedNet", "FasNetTAC", *SOURCES]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return json.loads(run("registry.py", tmp_path_factory.mktemp("registry")).splitlines()[-1])


@pytest.mark.timeout(300)  # of which the first takes most
@pytest.mark.parametrize("kind", KINDS)
def test_every_class_of_the_library_is_read_and_answers(seen: Any, kind: str) -> None:
    found = seen[kind]
    assert found["labels"] == [f"label_{n}" for n in range(SOURCES.get(kind, 2))]
    assert found["not kept"] == []
    assert found["together"] < 1e-4
    assert found["in windows"] < 0.05


def test_what_is_published_is_read_and_nothing_else_runs(tmp_path: Path) -> None:
    told = json.loads(run("checkpoints.py", tmp_path).splitlines()[-1])
    assert told["NumPy 1"] == told["NumPy 2"] == ""
    assert "is of the class 'save_publishable'; asteroid's are: ConvTasNet," in told["function"]
    assert "UnpicklingError" in told["code"]
    assert "XUMX is broken" in told["broken"]
    assert told["written"] is False
