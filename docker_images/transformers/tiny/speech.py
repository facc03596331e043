"""Tiny models that make text of speech."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Wav2Vec2Config,
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
    WhisperTokenizerFast,
)

from ._shared import card
from .audio import WAV2VEC2

LANGUAGES = ["en", "de", "fr"]
TASKS = ["translate", "transcribe"]
CONTROL = [f"<|{name}|>" for name in ("endoftext", "startoftranscript", *LANGUAGES, *TASKS)]
CONTROL += [f"<|{name}|>" for name in ("startoflm", "startofprev", "nospeech", "notimestamps")]
POSITIONS_A_SECOND = 50
SAID = ["hello world, the quick brown fox jumps over the lazy dog", "what was said is written down here"]


def automatic_speech_recognition(folder: Path) -> None:
    """A Whisper of three languages that hears two seconds at once, and writes at most twelve tokens of them."""
    shape: dict[str, Any] = {"d_model": 32, "encoder_layers": 1, "decoder_layers": 2, "encoder_ffn_dim": 32}
    shape |= {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "decoder_ffn_dim": 32, "num_mel_bins": 16}
    whisper(folder, {**shape, "init_std": 0.5, "max_target_positions": 40}, seconds=2)


def whisper(folder: Path, shape: Mapping[str, Any], *, seconds: int) -> None:
    """A Whisper of a config's `shape` that hears so many seconds at once; real ones hear 30."""
    torch.manual_seed(0)
    positions = seconds * POSITIONS_A_SECOND
    tokenizer = _whisper_tokenizer(positions)
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in CONTROL}
    end = ids["<|endoftext|>"]
    ends = {"eos_token_id": end, "bos_token_id": end, "pad_token_id": end}
    start = ids["<|startoftranscript|>"]
    sizes = {**shape, "vocab_size": len(tokenizer), "max_source_positions": positions}
    config = WhisperConfig(**sizes, **ends, decoder_start_token_id=start)
    network = WhisperForConditionalGeneration(config).eval()
    told = network.generation_config
    told._from_model_config = False  # or it would be made anew of the network's when it is read
    told.is_multilingual, told.max_new_tokens, told.num_beams = True, 12, 1
    told.lang_to_id = {f"<|{name}|>": ids[f"<|{name}|>"] for name in LANGUAGES}
    told.task_to_id = {name: ids[f"<|{name}|>"] for name in TASKS}
    told.no_timestamps_token_id, told.max_initial_timestamp_index = ids["<|notimestamps|>"], 50
    told.suppress_tokens = [ids[token] for token in CONTROL if token != "<|endoftext|>"]
    told.begin_suppress_tokens = [end]
    told.alignment_heads = [[0, 0], [1, 1]]
    network.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=shape["num_mel_bins"], chunk_length=seconds).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "automatic-speech-recognition")


def ctc_speech_recognition(folder: Path) -> None:
    """A wav2vec2 that spells."""
    torch.manual_seed(2)  # one that spells different words of different sounds
    folder.mkdir(parents=True, exist_ok=True)
    tokens = ["<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"]
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps({token: n for n, token in enumerate(tokens)}))
    Wav2Vec2CTCTokenizer(str(vocabulary)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    ends = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    norm = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
    Wav2Vec2ForCTC(Wav2Vec2Config(vocab_size=len(tokens), **WAV2VEC2, **ends, **norm)).eval().save_pretrained(folder)
    card(folder, "automatic-speech-recognition")


def _whisper_tokenizer(positions: int) -> WhisperTokenizerFast:
    """Bytes and a few merges, then the tokens of control, then those of time: the order that Whisper relies on."""
    spelled = Tokenizer(models.BPE())
    spelled.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelled.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=320, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    spelled.train_from_iterator(SAID, trainer)
    spelled.add_special_tokens([AddedToken(token, special=True) for token in CONTROL])
    spelled.add_tokens([AddedToken(f"<|{n * 0.02:.2f}|>", normalized=False) for n in range(positions + 1)])
    end = "<|endoftext|>"
    ends = {"unk_token": end, "bos_token": end, "eos_token": end, "pad_token": end}
    return WhisperTokenizerFast(tokenizer_object=spelled, **ends, additional_special_tokens=CONTROL[1:])
