"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

HUB = {
    "audio-classification": "speechbrain/lang-id-voxlingua107-ecapa",
    "audio-to-audio": "speechbrain/sepformer-wsj02mix",
    "automatic-speech-recognition": "speechbrain/asr-crdnn-rnnlm-librispeech",
    "speech-segmentation": "speechbrain/vad-crdnn-libriparty",
    "text-to-speech": "speechbrain/tts-tacotron2-ljspeech",
    "text2text-generation": "speechbrain/soundchoice-g2p",
    "voice-activity-detection": "speechbrain/vad-crdnn-libriparty",
}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ("hyperparams.yaml",)
"""Files that mark a repository as this library's."""

RECIPES = Path(__file__).parent / "tiny"


def automatic_speech_recognition(folder: Path) -> None:
    """A layer that spells five letters by chance."""
    save(folder, "recognition", "EncoderASR", labels=["<blank>", " ", "a", "b", "c", "d"])


def audio_classification(folder: Path) -> None:
    """An x-vector of three classes."""
    save(folder, "classification", "EncoderClassifier", labels=["bell", "dog", "voice"])


def audio_to_audio(folder: Path) -> None:
    """A separator of two speakers."""
    save(folder, "separation", "SepformerSeparation")


def voice_activity_detection(folder: Path) -> None:
    """A network that hears speech by chance."""
    save(folder, "voice_activity", "VAD")


def speech_segmentation(folder: Path) -> None:
    """The same."""
    voice_activity_detection(folder)


def text_to_speech(folder: Path) -> None:
    """A Tacotron2, and a vocoder in a folder of it."""
    vocoder = folder / "vocoder"
    vocoder.mkdir()
    save(vocoder, "vocoder", "HIFIGAN")
    save(folder, "speech", "Tacotron2", vocoder_interface="HiFIGAN", vocoder_model_id="vocoder")


def text2text_generation(folder: Path) -> None:
    """An encoder of letters and a decoder of phonemes."""
    save(folder, "phonemes", "GraphemeToPhoneme", gain=3.0)


def save(folder: Path, recipe: str | Path, interface: str, *,
         labels: Sequence[str] = (), gain: float = 1.0, **told: str) -> None:  # fmt: skip
    """Write a recipe (one of `tiny/`, or a file), what it says to load, with so many times the weights that chance
    gave, and the config that names its interface."""
    import torch
    from hyperpyyaml import load_hyperpyyaml

    torch.manual_seed(0)
    text = (RECIPES / recipe).with_suffix(".yaml").read_text(encoding="utf-8")
    pretrainer = load_hyperpyyaml(text, overrides={"pretrained_path": str(folder)})["pretrainer"]
    for name, part in pretrainer.loadables.items():
        file = Path(pretrainer.paths[name])
        if isinstance(part, torch.nn.Module):
            torch.save({key: weight * gain for key, weight in part.state_dict().items()}, file)
        elif labels:
            part.update_from_iterable(labels, sequence_input=False)
            part.save(file)
    (folder / "hyperparams.yaml").write_text(text, encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"speechbrain_interface": interface, **told}), encoding="utf-8")


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](Path(sys.argv[2]))
