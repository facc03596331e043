"""Sources come out of a mixture, as long as it and no louder; every class of the library is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scripts.images import library

from ..servers import Server, start_process
from ..sounds import Wave, run_script, si_sdr, sources_of, tone

KNOWN = library("asteroid")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tones")
    run_script(KNOWN, HERE / "train.py", folder)
    started = start_process(KNOWN, "audio-to-audio", str(folder))
    yield started
    started.client.close()
    assert started.stop() == 0


def separated(server: Server, mixture: Wave) -> list[tuple[Wave, int]]:
    made = sources_of(server, mixture)
    assert list(made) == ["label_0", "label_1"]
    return list(made.values())


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
    return json.loads(run_script(KNOWN, HERE / "registry.py", tmp_path_factory.mktemp("registry")).splitlines()[-1])


@pytest.mark.timeout(300)  # of which the first takes most
@pytest.mark.parametrize("kind", KINDS)
def test_every_class_of_the_library_is_read_and_answers(seen: Any, kind: str) -> None:
    found = seen[kind]
    assert found["labels"] == [f"label_{n}" for n in range(SOURCES.get(kind, 2))]
    assert found["counted"] == len(found["labels"])
    assert found["not kept"] == []
    assert found["together"] < 1e-4
    assert found["in windows"] < 0.05


def test_what_is_published_is_read_and_nothing_else_runs(tmp_path: Path) -> None:
    told = json.loads(run_script(KNOWN, HERE / "checkpoints.py", tmp_path).splitlines()[-1])
    assert told["NumPy 1"] == told["NumPy 2"] == ""
    assert "is of the class 'save_publishable'; asteroid's are: ConvTasNet," in told["function"]
    assert "UnpicklingError" in told["code"]
    assert "XUMX is broken" in told["broken"]
    assert told["written"] is False
