"""Our answers are the library's own, by every interface that it has for our tasks, and its weights meet no network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.images import library

from ..sounds import run_script

KNOWN = library("speechbrain")
HERE = Path(__file__).parent
# Scores are sums that one batch adds up in another order; the rest is the same arithmetic.
INTERFACES = {
    "EncoderASR": 0.0,
    "EncoderDecoderASR": 0.0,
    "WhisperASR": 0.0,
    "EncoderClassifier": 1e-4,
    "AudioClassifier": 1e-4,
    "SepformerSeparation": 1e-5,
    "SpectralMaskEnhancement": 1e-5,
    "SpectralMaskEnhancement of layers": 1e-5,
    "WaveformEnhancement": 1e-5,
    "VAD": 1e-4,
    "Tacotron2": 1e-5,
    "FastSpeech2": 1e-5,
    "GraphemeToPhoneme": 0.0,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return json.loads(run_script(KNOWN, HERE / "answers.py", tmp_path_factory.mktemp("answers")).splitlines()[-1])


@pytest.mark.timeout(300)  # of which the first takes most
@pytest.mark.parametrize("interface", INTERFACES)
def test_every_interface_answers_as_the_library_does(found: Any, interface: str) -> None:
    seen = found["seen"][interface]
    assert len(seen["ours"]) > 0
    assert seen["from the library's"] <= INTERFACES[interface]
    assert seen["from singles"] <= max(INTERFACES[interface], 1e-6)
    assert seen["taken for"] == interface.partition(" ")[0]  # by what is in the recipe, where config.json names none


def test_it_is_told_when_somebody_speaks(found: Any) -> None:
    assert found["seen"]["VAD"]["ours"] == pytest.approx([1.0, 3.0, 5.0, 6.5, 9.5, 11.0], abs=0.05)


def test_long_recordings_are_heard_in_parts(found: Any) -> None:
    assert found["parts"] > 2
    assert found["heard"] == found["heard in parts"]


def test_a_word_is_said_with_its_neighbours_or_refused(found: Any) -> None:
    word, dots, both, two, many = found["said"]
    assert "send a longer text" in word
    assert "no letter" in dots
    assert many > two > both > 0.5
    assert "1,000 characters" in found["spelled"]


def test_nothing_is_written_where_it_runs(found: Any) -> None:
    assert set(found["files"]) == {*INTERFACES, "sound.wav", "speechbrain"}


def test_what_cannot_be_loaded_says_why(tmp_path: Path) -> None:
    told = json.loads(run_script(KNOWN, HERE / "refused.py", tmp_path).splitlines()[-1])
    assert told["of another task"].startswith("TypeError: the model's config.json names VAD; this task is answered by")
    assert told["of no interface"].startswith("TypeError: hyperparams.yaml holds what none of these needs: EncoderASR,")
    assert told["without a recipe"].startswith("TypeError: the model has no hyperparams.yaml")
    assert told["without a vocoder"].startswith("TypeError: the model's config.json names no vocoder_model_id")
    assert told["without classes"].startswith("TypeError: the model tells voices apart, but has no classifier")
    assert told["ran"] is False
