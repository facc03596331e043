"""text-to-speech: an English voice that says a text."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import numpy as np
from hibari import Hibari
from hibari.tts import MAX_PHONEMES
from hibari.voices import DEFAULT, VOICES
from inference_common.cancel import checkpoint
from inference_common.codecs.audio import Audio
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.tasks import speech_synthesis
from inference_common.tasks.speech_synthesis import TextToAudioParams

LONG_WORD = re.compile(r"\S{60}")  # the library takes a word apart in time that grows with the cube of its length
LONGEST = 300  # characters said at once
SEED = 0  # of the breath in the voice, over the whole text: it sounds the same every time, as the library makes it


class TextToSpeech(speech_synthesis.TextToSpeech):
    def __init__(self, model: ModelSource, device: Device) -> None:
        name, file = voice_in(model.path())
        self.voice = Hibari(name, model=str(file))
        self.voice.phonemize("Hello.")  # reads the lexicon of its accent

    def check(self, params: TextToAudioParams) -> None:
        if params.asked:
            names = ", ".join(sorted(params.asked))
            raise InvalidRequest(f"This model makes a whole sentence at once, so it takes no {names}; leave them out")

    def __call__(self, inputs: str, params: TextToAudioParams) -> Audio:
        said, chance = [], np.random.default_rng(SEED)
        for piece in self.pieces(inputs):
            for sounds in self.sounds_of(piece):
                checkpoint()
                said.append(self.voice.from_ids(self.voice.ids(sounds), rng=chance))
        if not sum(map(len, said)):
            raise InvalidRequest("This model can say nothing of the text; send one in English")
        return Audio(np.concatenate(said), self.voice.sample_rate)

    def pieces(self, text: str) -> list[str]:
        """Sentences, and parts of those that are too long to be said at once."""
        sentences = self.voice.split_sentences(LONG_WORD.sub(r"\g<0> ", text))
        return [piece for sentence in sentences for piece in textwrap.wrap(sentence, LONGEST)]

    def sounds_of(self, piece: str) -> list[str]:
        """Its phonemes, in parts that the network takes without asking for ever more memory.

        Raises InvalidRequest where the library fails on it, as it does on numbers of thousands of digits.
        """
        try:
            sounds = self.voice.phonemize(piece)
        except (ValueError, LookupError) as error:
            raise InvalidRequest(f"This model cannot read {piece!r} aloud; write it in words") from error
        return [part for clause in sounds for part in textwrap.wrap(clause, MAX_PHONEMES)]

    def cost(self, inputs: str) -> int:
        return len(inputs)


def voice_in(folder: Path) -> tuple[str, Path]:
    """The voice of a model's files, and its file: the library's first that is there, else the only network there is,
    which speaks as the library's own does. Raises TypeError where there is neither."""
    networks = sorted(folder.rglob("*.onnx"))
    for name, told in VOICES.items():
        for file in networks:
            if file.name == told["file"]:
                return name, file
    if len(networks) != 1:
        known = ", ".join(told["file"] for told in VOICES.values())
        raise TypeError(f"the model's files hold {len(networks)} networks, and none of {known}")
    return DEFAULT, networks[0]
