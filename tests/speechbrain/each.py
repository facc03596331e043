"""Writes a tiny model of each interface: those of the library's models.py, and those of `recipes/`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
import sentencepiece  # type: ignore[import-not-found]
import torch
import train  # type: ignore[import-not-found]  # beside this file
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizerFast

RECIPES = Path(__file__).parent / "recipes"
SAID = "a day was said to be sunny and so it was as the sun said so on that day"
CONTROL = ["endoftext", "startoftranscript", "en", "de", "translate", "transcribe", "startoflm", "startofprev"]
CONTROL += ["nospeech", "notimestamps"]
SPELLER = Path("speechbrain/soundchoice-g2p")
"""Where FastSpeech2 looks for what spells, from where it runs; else it asks the Hub."""


def encoder_decoder(folder: Path) -> None:
    (folder / "said.txt").write_text(SAID)
    files = {"input": str(folder / "said.txt"), "model_prefix": str(folder / "pieces")}
    sentencepiece.SentencePieceTrainer.train(vocab_size=20, minloglevel=2, **files)
    (folder / "pieces.model").rename(folder / "tokenizer.ckpt")
    models.save(folder, RECIPES / "encoder_decoder", "EncoderDecoderASR")


def whisper(folder: Path) -> None:
    """Its network is in a folder of it, where a real one names a repository of the Hub."""
    spelled = Tokenizer(BPE())
    spelled.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelled.decoder = decoders.ByteLevel()
    spelled.add_tokens(sorted(pre_tokenizers.ByteLevel.alphabet()))
    spelled.add_special_tokens([AddedToken(f"<|{name}|>", special=True) for name in CONTROL])
    spelled.add_tokens(["<|0.00|>"])
    end, start = (spelled.token_to_id(f"<|{name}|>") for name in CONTROL[:2])
    shape: dict[str, Any] = {
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_ffn_dim": 16,
        "decoder_ffn_dim": 16,
    }
    shape |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "num_mel_bins": 16, "init_std": 0.5}
    ends = {"eos_token_id": end, "bos_token_id": end, "pad_token_id": end, "decoder_start_token_id": start}
    torch.manual_seed(0)
    config = WhisperConfig(vocab_size=spelled.get_vocab_size(), max_target_positions=40, **shape, **ends)
    WhisperForConditionalGeneration(config).save_pretrained(folder / "network")
    WhisperFeatureExtractor(feature_size=16).save_pretrained(folder / "network")
    named = dict.fromkeys(("unk_token", "bos_token", "eos_token", "pad_token"), "<|endoftext|>")
    WhisperTokenizerFast(tokenizer_object=spelled, **named).save_pretrained(folder / "network")
    models.save(folder, RECIPES / "whisper", "WhisperASR")


def fastspeech(folder: Path) -> None:
    vocoder = {"vocoder_interface": "HiFIGAN", "vocoder_model_id": "vocoder"}
    (folder / "vocoder").mkdir()
    models.save(folder / "vocoder", "vocoder", "HIFIGAN")
    models.save(folder, RECIPES / "fastspeech", "FastSpeech2", **vocoder)
    weights = torch.load(folder / "model.ckpt")
    weights["durPred.linear.w.bias"] += 2  # or by chance no sound would last
    torch.save(weights, folder / "model.ckpt")
    SPELLER.mkdir(parents=True, exist_ok=True)
    models.text2text_generation(SPELLER.absolute())
    recipe = SPELLER / "hyperparams.yaml"
    recipe.write_text(recipe.read_text().replace("speechbrain/tiny", str(SPELLER)))


def from_recipe(recipe: str, interface: str, labels: list[str] | None = None) -> Callable[[Path], None]:
    return lambda folder: models.save(folder, RECIPES / recipe, interface, labels=labels or [])


@dataclass(frozen=True)
class Kind:
    """An interface: its task, and what writes a tiny model."""

    task: str
    write: Callable[[Path], None]


# By the name of the interface, and what is particular about the network.
KINDS: Mapping[str, Kind] = {
    "EncoderASR": Kind("automatic-speech-recognition", models.automatic_speech_recognition),
    "EncoderDecoderASR": Kind("automatic-speech-recognition", encoder_decoder),
    "WhisperASR": Kind("automatic-speech-recognition", whisper),
    "EncoderClassifier": Kind("audio-classification", models.audio_classification),
    "AudioClassifier": Kind("audio-classification", from_recipe("audio_classifier", "AudioClassifier", [*"abc"])),
    "SepformerSeparation": Kind("audio-to-audio", models.audio_to_audio),
    "SpectralMaskEnhancement": Kind("audio-to-audio", from_recipe("spectral_mask", "SpectralMaskEnhancement")),
    "SpectralMaskEnhancement of layers": Kind(
        "audio-to-audio", from_recipe("mask_of_layers", "SpectralMaskEnhancement")
    ),
    "WaveformEnhancement": Kind("audio-to-audio", from_recipe("waveform", "WaveformEnhancement")),
    "VAD": Kind("voice-activity-detection", train.listener),
    "Tacotron2": Kind("text-to-speech", models.text_to_speech),
    "FastSpeech2": Kind("text-to-speech", fastspeech),
    "GraphemeToPhoneme": Kind("text2text-generation", models.text2text_generation),
}


def written(name: str) -> Path:
    """The folder of a tiny model, here."""
    folder = Path(name).absolute()
    folder.mkdir()
    KINDS[name].write(folder)
    return folder
