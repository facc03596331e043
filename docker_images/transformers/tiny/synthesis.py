"""Tiny models that make sound of a text."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from transformers import (
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    T5Config,
    VitsConfig,
    VitsModel,
    VitsTokenizer,
)

from ._shared import card, tokenizer_of_words

LETTERS = "_ abcdefghijklmnopqrstuvwxyz'-"


def text_to_speech(folder: Path) -> None:
    """A VITS of lower-case letters, without chance in what it says."""
    torch.manual_seed(0)
    file = folder / "vocab.json"
    file.write_text(json.dumps({letter: n for n, letter in enumerate(LETTERS)}), encoding="utf-8")
    tokenizer = VitsTokenizer(str(file), pad_token="_", language="eng", phonemize=False, is_uroman=False)
    config = VitsConfig(
        vocab_size=len(LETTERS), hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16,
        flow_size=16, spectrogram_bins=9, upsample_initial_channel=16, upsample_rates=[8, 8],
        upsample_kernel_sizes=[16, 16], resblock_kernel_sizes=[3], resblock_dilation_sizes=[[1, 3]],
        prior_encoder_num_flows=1, prior_encoder_num_wavenet_layers=1, posterior_encoder_num_wavenet_layers=1,
        duration_predictor_num_flows=1, duration_predictor_filter_channels=16, depth_separable_num_layers=1,
        wavenet_dilation_rate=1, sampling_rate=16000, noise_scale=0.0, noise_scale_duration=0.0,
    )  # fmt: skip
    VitsModel(config).eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "text-to-speech")


def text_to_audio(folder: Path) -> None:
    """A MusicGen of four codebooks at 16 kHz."""
    torch.manual_seed(0)
    tokenizer = tokenizer_of_words(model_input_names=["input_ids", "attention_mask"])
    codec = EncodecConfig(
        sampling_rate=16000, target_bandwidths=[16.0], upsampling_ratios=[10, 4], num_filters=4, hidden_size=8,
        codebook_size=64, codebook_dim=8, num_lstm_layers=1, num_residual_layers=1, normalize=False,
        use_causal_conv=False,
    )  # fmt: skip
    text = T5Config(vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, pad_token_id=0)
    decoder = MusicgenDecoderConfig(
        vocab_size=64, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16, num_codebooks=4,
        max_position_embeddings=64, pad_token_id=64, bos_token_id=64,
    )  # fmt: skip
    config = MusicgenConfig(text_encoder=text.to_dict(), audio_encoder=codec.to_dict(), decoder=decoder.to_dict())
    network = MusicgenForConditionalGeneration(config).eval()
    told = network.generation_config
    told.decoder_start_token_id = told.pad_token_id = told.bos_token_id = 64
    told.max_length, told.do_sample, told.guidance_scale = 21, False, 3.0
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    card(folder, "text-to-audio")
