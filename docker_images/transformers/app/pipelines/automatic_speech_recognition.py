"""automatic-speech-recognition: what is said in a recording, by networks that spell (CTC) or write (Whisper)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

import torch
from inference_common.codecs.audio import Audio, Waveform
from inference_common.errors import InvalidRequest
from inference_common.pipeline import Device
from inference_common.source import ModelSource, Optimize
from inference_common.tasks.speech import RecognitionParams, Timestamps, Transcript
from transformers import (
    MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING,
    MODEL_FOR_TDT_MAPPING,
    AutoConfig,
    AutomaticSpeechRecognitionPipeline,
    AutoModelForCTC,
    AutoModelForSpeechSeq2Seq,
    AutoModelForTDT,
)
from transformers.models.whisper.tokenization_whisper import TO_LANGUAGE_CODE

from ._asked import ineffective, refuse_impossible, within_model
from ._audio import AudioPipeline
from ._shared import Features, tokenizer_of

CHUNK_SECONDS = 30  # a spelling network's attention grows with the square of this; a sixth of it overlaps at each end
PROMPT_TOKENS = 4  # that Whisper begins with: start, language, task, no timestamps


def auto_of(model: ModelSource) -> type:
    """The class that loads a model's network."""
    config = AutoConfig.from_pretrained(model.path(), local_files_only=True)
    kinds = (
        (MODEL_FOR_SPEECH_SEQ_2_SEQ_MAPPING, AutoModelForSpeechSeq2Seq),
        (MODEL_FOR_TDT_MAPPING, AutoModelForTDT),
    )
    found: type = next((auto for known, auto in kinds if type(config) in known), AutoModelForCTC)
    return found


class AutomaticSpeechRecognition(AudioPipeline[RecognitionParams, Transcript]):
    """The library's own pipeline, over what may run together.

    What it leaves to the caller: recordings longer than a network takes are transcribed in one request, and a spelling
    network that is asked for timestamps tells those of words.
    """

    outputs = ("logits",)  # of those that spell

    def __init__(self, model: ModelSource, device: Device) -> None:
        self.auto = auto_of(model)
        super().__init__(model, device)
        tokenizer = tokenizer_of(self.folder)
        make: Any = AutomaticSpeechRecognitionPipeline
        self.pipe = make(self.network, feature_extractor=self.extractor, tokenizer=tokenizer, device=self.device)
        self.is_whisper = self.pipe.type == "seq2seq_whisper"
        self.spells = self.pipe.type == "ctc"

    @classmethod
    def optimized(cls, model: ModelSource, mode: Optimize) -> Self | None:
        return super().optimized(model, mode) if auto_of(model) is AutoModelForCTC else None

    def check(self, params: RecognitionParams) -> None:
        self._check_timestamps(params.return_timestamps)
        asked: Mapping[str, Any] = params.asked
        if asked and self.spells:
            raise InvalidRequest("This model does not generate its transcript; leave out generation_parameters")
        refuse_impossible(asked, self._most, {})
        self._check_language(asked)

    def warnings(self, inputs: Sequence[Audio], costs: Sequence[int], params: RecognitionParams) -> Sequence[str]:
        return ineffective(params.asked, self._most, {} if self.spells else vars(self.network.generation_config))

    def __call__(self, inputs: Audio, params: RecognitionParams) -> Transcript:
        return self.batch([inputs], params)[0]

    @torch.inference_mode()
    def batch(self, inputs: Sequence[Audio], params: RecognitionParams) -> Sequence[Transcript]:
        waveforms = [self.waveform(audio) for audio in inputs]
        short = [place for place, waveform in enumerate(waveforms) if len(waveform) <= self._takes]
        few = [waveforms[place] for place in short]
        heard = self._spelled if self.spells else self._written
        answers = dict(zip(short, heard(few, params), strict=True)) if few else {}
        return [answers.get(place) or self._long(waveform, params) for place, waveform in enumerate(waveforms)]

    @property
    def _most(self) -> int:
        """How many tokens of a transcript there may be."""
        positions = getattr(self.network.config, "max_target_positions", None) or sys.maxsize
        return int(positions) - PROMPT_TOKENS

    @property
    def _takes(self) -> int:
        """The most samples that run at once; others are run in parts."""
        if self.is_whisper:
            return int(self.extractor.n_samples)
        return CHUNK_SECONDS * self.heard_rate if self.spells else sys.maxsize

    @property
    def at_once(self) -> int:
        # Whisper runs in parts, but the spectrogram of all of a recording is made at once.
        return CHUNK_SECONDS * self.heard_rate if self.spells and self._counts else sys.maxsize

    def _spelled(self, waveforms: Sequence[Waveform], params: RecognitionParams) -> Sequence[Transcript]:
        """By a network that gives each moment a letter."""
        timestamps = "word" if params.return_timestamps is True else params.return_timestamps or None

        def answer(features: Features, places: list[int]) -> list[Transcript]:
            letters = self.network(**features).logits.argmax(-1).cpu()
            frames = self._frames([len(waveforms[place]) for place in places], letters.shape[1])
            rows = [[{"tokens": row[None, :count]}] for row, count in zip(letters, frames, strict=True)]
            return [self.pipe.postprocess(row, return_timestamps=timestamps) for row in rows]

        if self._counts:
            return self.together(waveforms, answer)
        return self.in_groups([self.features([one]) for one in waveforms], answer)

    @property
    def _counts(self) -> bool:
        """Whether the network tells how many moments it makes of so many samples."""
        return getattr(self.network.config, "inputs_to_logits_ratio", None) is not None

    def _frames(self, lengths: Sequence[int], most: int) -> Sequence[int]:
        """How many moments there are in waveforms of these lengths; the rest is padding."""
        if not self._counts:
            return [most] * len(lengths)
        network: Any = self.network
        counted: list[int] = network._get_feat_extract_output_lengths(torch.tensor(lengths)).tolist()
        return counted

    def _written(self, waveforms: Sequence[Waveform], params: RecognitionParams) -> Sequence[Transcript]:
        """By a network that writes a text; Whisper hears all in windows of one length, but times words one by one."""
        options = self._options(params)
        alone = not self.is_whisper or params.return_timestamps == "word"
        found: list[Transcript] = self.pipe(list(waveforms), batch_size=1 if alone else len(waveforms), **options)
        return found

    def _long(self, waveform: Waveform, params: RecognitionParams) -> Transcript:
        """Of what is longer than the network hears at once."""
        if self.is_whisper:
            # Its own way of reading on from the last timestamp, which it therefore has to make.
            options = {**self._options(params), "return_timestamps": params.return_timestamps or True}
            found: Transcript = self.pipe(waveform, **options)
            return found if params.return_timestamps else {"text": found["text"]}
        if not self._counts:
            return self._spelled([waveform], params)[0]
        transcript: Transcript = self.pipe(waveform, chunk_length_s=CHUNK_SECONDS, **self._options(params))
        return transcript

    def _options(self, params: RecognitionParams) -> dict[str, Any]:
        """What the library's pipeline is called with."""
        asked = params.return_timestamps
        told = {"return_timestamps": "word" if self.spells and asked is True else asked} if asked else {}
        return told if self.spells else {**told, "generate_kwargs": within_model(params.asked, self._most)}

    def _check_timestamps(self, asked: Timestamps | None) -> None:
        if not asked or self.spells:
            return
        if not self.is_whisper:
            raise InvalidRequest("This model does not tell when something was said; leave out return_timestamps")
        if asked == "char":
            raise InvalidRequest('This model tells no time of characters; set return_timestamps to true or "word"')
        if asked == "word" and not getattr(self.network.generation_config, "alignment_heads", None):
            raise InvalidRequest("This model tells no time of words; set return_timestamps to true")

    def _check_language(self, asked: Mapping[str, Any]) -> None:
        language = asked.get("language")
        if language is None and asked.get("task") is None:
            return
        known = getattr(self.network.generation_config, "lang_to_id", None)
        if not known:
            raise InvalidRequest("This model knows one language; leave out language and task")
        code = TO_LANGUAGE_CODE.get(str(language).lower(), str(language).lower())
        if language is not None and f"<|{code}|>" not in known:
            names = ", ".join(sorted(token.strip("<|>") for token in known))
            raise InvalidRequest(f"This model does not know the language {language!r}; it knows: {names}")
