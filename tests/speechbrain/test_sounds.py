"""Sources come out of a mixture; a voice comes out of noise, where it was and no louder than a file can hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from scripts.images import library

from ..servers import Server, start_process
from ..sounds import RATE, Wave, run_script, si_sdr, sources_of, tone

KNOWN = library("speechbrain")
TRAIN = Path(__file__).parent / "train.py"


@pytest.fixture(scope="module")
def taught(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp(request.param)
    run_script(KNOWN, TRAIN, request.param, folder)
    server = start_process(KNOWN, "audio-to-audio", str(folder))
    yield server
    server.client.close()
    assert server.stop() == 0


def voice(level: float) -> Wave:
    """A second of five harmonics, which begins and ends in between, so that it is like itself at no other time."""
    inside = (np.arange(RATE) > 3000) & (np.arange(RATE) < 13_000)
    return np.asarray(inside * sum(tone(200.0 * n, level / 5) for n in range(1, 6)))


@pytest.mark.parametrize("taught", ["tones"], indirect=True)
def test_each_tone_of_a_mixture_is_given_back(taught: Server) -> None:
    tones = (tone(440, 0.3), tone(2000, 0.2))
    made = sources_of(taught, tones[0] + tones[1])
    assert list(made) == ["label_0", "label_1"]
    assert {(len(heard), rate) for heard, rate in made.values()} == {(8000, 8000)}
    mixed, wanted = (tones[0] + tones[1])[::2], [one[::2] for one in tones]
    best = max(permutations(heard for heard, _ in made.values()), key=lambda order: sum(map(si_sdr, order, wanted)))
    for heard, one in zip(best, wanted, strict=True):
        assert si_sdr(heard, one) - si_sdr(mixed, one) > 10
        assert np.abs(heard).max() == pytest.approx(np.abs(one).max(), rel=0.3)  # its own level


@pytest.mark.parametrize("taught", ["noise"], indirect=True)
@pytest.mark.parametrize("level", [0.3, 1.0])
def test_a_voice_comes_out_of_noise_where_it_was(taught: Server, level: float) -> None:
    wanted = voice(level)
    given = np.clip(wanted + 0.05 * np.random.default_rng(0).normal(size=RATE), -1, 1)
    ((label, (heard, rate)),) = sources_of(taught, given).items()
    assert (label, rate, len(heard)) == ("speech_enhanced", RATE, RATE)
    assert si_sdr(heard, wanted) - si_sdr(given, wanted) > 3
    assert np.argmax(np.correlate(heard, wanted, "full")) - (RATE - 1) == 0
    assert np.abs(heard).max() <= 1
    assert np.sqrt(np.mean(heard**2)) == pytest.approx(np.sqrt(np.mean(wanted**2)), rel=0.3)  # its own level


@pytest.mark.parametrize("taught", ["noise"], indirect=True)
def test_long_sound_is_made_in_windows_without_a_seam(taught: Server) -> None:
    given = np.tile(voice(0.3), 40) + 0.01 * np.random.default_rng(0).normal(size=40 * RATE)
    ((heard, _),) = sources_of(taught, given).values()
    assert len(heard) == len(given)
    seconds = heard.reshape(40, RATE)
    inside = np.sqrt(np.mean(seconds[1:-1] ** 2, axis=1))
    assert inside.max() / inside.min() < 1.1  # no second is louder than another
