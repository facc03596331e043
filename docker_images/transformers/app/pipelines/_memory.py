"""How much memory a network takes for inputs, by its configuration and their number of tokens."""

from __future__ import annotations

import math
from typing import Any

FLOAT_BYTES = 4
USUAL_TOKENS = 16_384  # of a call: up to these, what layers hold of tokens is not counted
EAGER_COPIES = 3  # of a matrix of attention, where the network's own code makes it: scores, with the mask, as weights
HIDDEN_COPIES, INNER_COPIES = 8, 2  # of what a layer holds of a token, of its width and of its inner layer's
GROWING_COPIES = 2  # of the keys and values of a layer, while a token's are added or beams change places
LOGIT_COPIES = 4  # of the scores of all tokens of the vocabulary, while one of them is chosen

USUAL_BYTES = 512 * 1024 * 1024  # of a call that draws: only one runs at a time, so up to these they are not counted

USUAL_SECONDS = 30  # of sound in a call
# Both measured, by the peak of calls on a minute and more of sound:
CONVOLUTION_COPIES = 3.5  # of the largest that a network makes of a waveform, its first convolution's output
SPECTROGRAM_BYTES = 48  # of a sample, while a spectrogram is made of it


class NetworkMemory:
    """Bytes of host memory that a network of this configuration takes beside its weights: none, on another device."""

    def __init__(self, config: Any, device: str) -> None:
        self._is_host = device == "cpu"
        text = config.get_text_config()
        self.hidden = int(getattr(text, "hidden_size", 0) or 0)
        self._heads = int(getattr(text, "num_attention_heads", 0) or 1)
        self._inner = int(_first(text, "intermediate_size", "d_ff", "encoder_ffn_dim") or 4 * self.hidden)
        self._is_eager = getattr(config, "_attn_implementation", None) == "eager"
        # T5 and its kin add a bias of each pair of tokens to each head's scores.
        self._has_bias = getattr(text, "relative_attention_num_buckets", None) is not None
        written = config.get_text_config(decoder=True)
        width = int(_first(written, "head_dim", "d_kv") or self.hidden // self._heads)
        self._kept_heads = int(_first(written, "num_key_value_heads", "num_attention_heads") or 1) * width
        self._layers = int(_first(written, "num_decoder_layers", "decoder_layers", "num_hidden_layers") or 1)
        self._vocabulary = int(getattr(written, "vocab_size", 0) or 0)

    def reading(self, rows: int, tokens: int) -> int:
        """Of one call on `rows` rows of `tokens` tokens each, beyond those of USUAL_TOKENS in layers."""
        if not self._is_host:
            return 0
        pairs = FLOAT_BYTES * tokens * tokens
        heads = self._heads * (EAGER_COPIES * rows if self._is_eager else rows + 1) if self._squares else rows
        a_token = FLOAT_BYTES * (HIDDEN_COPIES * self.hidden + INNER_COPIES * self._inner)
        return heads * pairs + max(0, rows * tokens - USUAL_TOKENS) * a_token

    def writing(self, rows: int, read: int, written: int) -> int:
        """Of `rows` rows that read `read` tokens and write `written`: the keys and values that all layers keep."""
        if not self._is_host:
            return 0
        kept = GROWING_COPIES * 2 * FLOAT_BYTES * self._layers * self._kept_heads * (read + written)
        return rows * (kept + LOGIT_COPIES * FLOAT_BYTES * self._vocabulary)

    @property
    def _squares(self) -> bool:
        return self._is_eager or self._has_bias


class SoundMemory:
    """Bytes on the host that a network of this configuration, which listens at a rate in Hz, takes for sound."""

    def __init__(self, config: Any, device: str, rate: int) -> None:
        self.usual_samples = USUAL_SECONDS * rate
        self._network = NetworkMemory(config, device)
        widths, strides = getattr(config, "conv_dim", None), getattr(config, "conv_stride", None)
        self.reads_waveforms = bool(widths and strides)
        """Whether its first layers are convolutions over the waveform, as those of wav2vec2."""
        self._stride, self._bytes_a_sample = 0, float(SPECTROGRAM_BYTES)
        if widths and strides:
            copied = CONVOLUTION_COPIES if device == "cpu" else 0
            self._stride, self._bytes_a_sample = math.prod(strides), copied * FLOAT_BYTES * widths[0] / strides[0]

    def listening(self, samples: int) -> int:
        """Of a call on so many samples, beyond what any call may take: only one runs at a time."""
        attention = self._network.reading(1, samples // self._stride) if self._stride else 0
        return int(max(0, samples - self.usual_samples) * self._bytes_a_sample) + attention


def drawing(count: float) -> int:
    """Of a call that takes so many bytes while it draws, those beyond what any call may take."""
    return max(0, int(count) - USUAL_BYTES)


def _first(config: Any, *names: str) -> Any:
    """The first of these that a configuration tells."""
    return next((value for name in names if (value := getattr(config, name, None))), None)
