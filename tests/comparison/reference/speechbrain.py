"""speechbrain: the interface that each model's config.json names."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import soundfile
import torch
from speechbrain import inference

from .media import Keywords
from .sounds import Sound, waveform

ACTIVATIONS = {
    "softmax": torch.softmax,
    "sigmoid": lambda logits, _: logits.sigmoid(),
    "none": lambda logits, _: logits,
}
RATE = 16_000


def network_of(folder: Path, interface: str = "") -> Any:
    """The library's interface of a model, which is told where its files are."""
    named = interface or json.loads((folder / "config.json").read_text())["speechbrain_interface"]
    overrides = {"pretrained_path": str(folder)}
    return getattr(inference, named).from_hparams(
        source=str(folder), overrides=overrides, run_opts={"device": "cpu"}, savedir=tempfile.mkdtemp()
    )


def heard(inputs: Any, network: Any) -> Any:
    """A sample at the network's rate, of shape (1, frames)."""
    rate = getattr(network.hparams, "sample_rate", network.audio_normalizer.sample_rate)
    return torch.from_numpy(waveform(inputs, int(rate)))[None]


def audio_classification(folder: Path) -> Callable[..., Any]:
    network = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        logits = network.classify_batch(heard(inputs, network))[0].reshape(-1)
        scores = ACTIVATIONS[parameters.get("function_to_apply", "softmax")](logits, 0).tolist()
        names = network.hparams.label_encoder.ind2lab
        best = sorted(range(len(scores)), key=lambda n: -scores[n])[: parameters.get("top_k")]
        return [{"label": names[n], "score": scores[n]} for n in best]

    return call


def audio_to_audio(folder: Path) -> Callable[..., Any]:
    network = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        made = network.separate_batch(heard(inputs, network))[0].T
        rate = int(getattr(network.hparams, "sample_rate", RATE))
        return [{"label": f"label_{n}", "sound": Sound(one, rate)} for n, one in enumerate(made)]

    return call


def automatic_speech_recognition(folder: Path) -> Callable[..., Any]:
    network = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        texts, _ = network.transcribe_batch(heard(inputs, network), torch.ones(1))
        return {"text": texts[0] if isinstance(texts[0], str) else " ".join(texts[0])}

    return call


def voice_activity_detection(folder: Path) -> Callable[..., Any]:
    network = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        with tempfile.TemporaryDirectory() as written:
            file = Path(written) / "sound.wav"
            soundfile.write(file, waveform(inputs, RATE), RATE, subtype="FLOAT")
            found = network.get_speech_segments(str(file)).tolist()
        return [{"class": "SPEECH", "start": start, "end": end} for start, end in found]

    return call


def text_to_speech(folder: Path) -> Callable[..., Any]:
    network, vocoder = network_of(folder), network_of(folder / "vocoder", "HIFIGAN")

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        torch.manual_seed(0)  # it drops some of what it knows by chance, even as it speaks
        mel = network.encode_text(inputs)[0]
        rate = int(getattr(network.hparams, "sample_rate", RATE))
        return Sound(vocoder.decode_batch(mel).detach(), rate)

    return call


def text2text_generation(folder: Path) -> Callable[..., Any]:
    network = network_of(folder)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        return {"generated_text": "-".join(network.g2p(inputs))}

    return call


ANSWERS = {
    "audio-classification": audio_classification,
    "audio-to-audio": audio_to_audio,
    "automatic-speech-recognition": automatic_speech_recognition,
    "speech-segmentation": voice_activity_detection,
    "text-to-speech": text_to_speech,
    "text2text-generation": text2text_generation,
    "voice-activity-detection": voice_activity_detection,
}
