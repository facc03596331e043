"""text-to-speech: a voice that says a text: a network that makes a spectrogram, and a vocoder that makes it sound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from textwrap import wrap

import numpy as np
import torch
from inference_common.cancel import checkpoint
from inference_common.codecs.audio import Audio, Waveform
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource, open_source
from inference_common.tasks import speech_synthesis
from inference_common.tasks.speech_synthesis import TextToAudioParams, speech_memory
from speechbrain.inference.TTS import FastSpeech2, Tacotron2
from speechbrain.inference.vocoders import HIFIGAN

from ._interfaces import config, load, rate_of

SENTENCE = re.compile(r"(?<=[.!?;:])\s+")  # said one by one: a network stops after so many frames
MOST = 200  # characters that are said at once: about as much as one who read for these networks said in a breath
LEAST = 20  # characters that are said at once, where there are so many: networks cannot say a syllable alone
LETTER = re.compile(r"\w")


class TextToSpeech(speech_synthesis.TextToSpeech):
    unsafe_formats = True

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.network = load(model, (Tacotron2, FastSpeech2), device)
        self.vocoder = load(_vocoder(model.path()), (HIFIGAN,), device)
        self.device = self.network.device

    def check(self, params: TextToAudioParams) -> None:
        if params.asked:
            names = ", ".join(sorted(params.asked))
            raise InvalidRequest(f"This model speaks as its recipe says, so it takes no {names}; leave them out")

    @torch.inference_mode()
    def __call__(self, inputs: str, params: TextToAudioParams) -> Audio:
        said = []
        for sentence in _parts(inputs):
            checkpoint()
            if self._knows(sentence):
                said.append(self._said(sentence))
        if not said:
            raise InvalidRequest("This model knows no letter of the text; send one in the language that it speaks")
        return Audio(np.concatenate(said), rate_of(self.network))

    def _knows(self, sentence: str) -> bool:
        """Whether there is a letter in it, and one of the model's, where it reads letters."""
        reads = not isinstance(self.network, Tacotron2) or self.network.text_to_seq(sentence)[1] > 0
        return bool(LETTER.search(sentence)) and reads

    def _said(self, sentence: str) -> Waveform:
        torch.manual_seed(0)  # Tacotron drops some of what it knows by chance, even as it speaks
        try:
            mel, *_ = self.network.encode_text([sentence] if isinstance(self.network, FastSpeech2) else sentence)
        except (IndexError, RuntimeError) as error:
            if len(sentence) > LEAST:
                raise
            raise InvalidRequest("This model cannot say so little; send a longer text") from error
        wave: Waveform = self.vocoder.decode_batch(mel).float().cpu().numpy().reshape(-1)
        return wave

    def cost(self, inputs: str) -> int:
        return len(inputs)

    def memory(self, costs: Sequence[int], params: TextToAudioParams) -> int:
        return sum(speech_memory(cost, rate_of(self.network)) for cost in costs)


def _parts(text: str) -> list[str]:
    """Its sentences, the long ones in pieces, the short ones with their neighbours."""
    parts = [""]
    for sentence in chain.from_iterable(wrap(sentence, MOST) for sentence in SENTENCE.split(text)):
        parts = [*parts, sentence] if len(parts[-1]) > LEAST else [*parts[:-1], f"{parts[-1]} {sentence}".strip()]
    return [*parts[:-2], " ".join(parts[-2:])] if len(parts[-1]) <= LEAST else parts


def _vocoder(folder: Path) -> ModelSource:
    """That which config.json names: a folder of the model, else a repository of the Hub."""
    named = config(folder).get("vocoder_model_id")
    if not named:
        raise TypeError("the model's config.json names no vocoder_model_id, which makes its spectrograms sound")
    return open_source(str(folder / named) if (folder / named).is_dir() else str(named))
