"""What the tasks that make sound of a text share: the library's own pipeline, which knows each family of networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import torch
from inference_common.codecs.audio import Audio
from inference_common.errors import HubUnavailable, InvalidRequest
from inference_common.pipeline import Device, Pipeline
from inference_common.source import ModelSource
from inference_common.tasks.speech_synthesis import CHARACTERS_A_SECOND, TextToAudioParams, speech_memory
from transformers import AutoConfig, SpeechT5HifiGan
from transformers import pipeline as library_pipeline
from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES

from ._asked import ineffective, refuse_impossible
from ._memory import FLOAT_BYTES
from ._shared import checkpoint_at_each_call

MAX_TOKENS = 1_000_000  # of a sound, which networks do not limit
VOCODER = "microsoft/speecht5_hifigan"
"""What makes sound of the spectrograms of a network that has no vocoder of its own, as in the library."""

USUAL_CHARACTERS = 300  # of a text: what a network takes for half a minute of speech is not counted
LIVE_OUTPUTS = 8  # of the size of a vocoder's last layer, at its peak: that of VITS was seen to take 7


class SynthesisPipeline(Pipeline[str, TextToAudioParams, Audio]):
    """A pipeline of one of these tasks."""

    def __init__(self, model: ModelSource, device: Device) -> None:
        folder = model.path()
        kind = AutoConfig.from_pretrained(folder, local_files_only=True).model_type
        own = {"vocoder": _vocoder()} if kind in MODEL_FOR_TEXT_TO_SPECTROGRAM_MAPPING_NAMES else {}
        make: Any = library_pipeline
        pipe = make("text-to-audio", model=str(folder), device=device, **own)
        checkpoint_at_each_call(pipe.model)
        self._use(pipe)

    def _use(self, pipe: Any) -> None:
        self.pipe = pipe
        self.device = str(pipe.device)
        self._usual = vars(pipe.model.generation_config) if pipe.model.can_generate() else {}
        if not pipe.sampling_rate:
            raise TypeError("the model's files do not tell its sampling rate")

    @classmethod
    def adopt(cls, other: Pipeline[Any, Any, Any]) -> Self | None:
        if not isinstance(other, SynthesisPipeline):
            return None
        adopted = cls.__new__(cls)
        adopted._use(other.pipe)
        return adopted

    def check(self, params: TextToAudioParams) -> None:
        if params.asked and not self.pipe.model.can_generate():
            names = ", ".join(sorted(params.asked))
            raise InvalidRequest(f"This model makes the whole sound at once, so it takes no {names}; leave them out")
        refuse_impossible(params.asked, MAX_TOKENS, self._usual)
        beams: Any = params.asked.get("num_beams") or 1
        if beams > 1 and self.pipe.model.config.model_type.startswith("musicgen"):
            raise InvalidRequest("This model makes its sound without beams; leave num_beams out")

    def warnings(self, inputs: Sequence[str], costs: Sequence[int], params: TextToAudioParams) -> Sequence[str]:
        return ineffective(params.asked, MAX_TOKENS, self._usual)

    @torch.inference_mode()
    def __call__(self, inputs: str, params: TextToAudioParams) -> Audio:
        if not self.pipe.tokenizer(inputs)["input_ids"]:
            raise InvalidRequest("This model knows no letter of the text; send one in the language that it speaks")
        made = self.pipe(inputs, generate_kwargs=params.asked, forward_params=self._speaker())
        return Audio(made["audio"], made["sampling_rate"])

    def cost(self, inputs: str) -> int:
        return len(inputs)

    def memory(self, costs: Sequence[int], params: TextToAudioParams) -> int:
        rate, beyond = int(self.pipe.sampling_rate), max(0, max(costs) - USUAL_CHARACTERS)
        drawn = int(beyond / CHARACTERS_A_SECOND * rate * self._bytes_a_sample)
        return drawn + sum(speech_memory(cost, rate) for cost in costs)

    @property
    def _bytes_a_sample(self) -> float:
        """Of memory that the last layers of a vocoder take for a sample of the sound, which is made at once; none,
        where no such vocoder is known."""
        config = (self.pipe.vocoder or self.pipe.model).config
        channels, steps = (getattr(config, name, None) for name in ("upsample_initial_channel", "upsample_rates"))
        if not channels or not steps or self.device != "cpu":
            return 0
        bytes_a_sample: float = LIVE_OUTPUTS * FLOAT_BYTES * float(channels) / 2 ** len(steps)
        return bytes_a_sample

    def _speaker(self) -> dict[str, torch.Tensor]:
        """The voice of nobody in particular, for a network that must be told one and ships none."""
        config = self.pipe.model.config
        if config.model_type != "speecht5" or not config.speaker_embedding_dim:
            return {}
        return {"speaker_embeddings": torch.zeros(1, int(config.speaker_embedding_dim), device=self.device)}


def _vocoder() -> SpeechT5HifiGan:
    try:
        vocoder: SpeechT5HifiGan = SpeechT5HifiGan.from_pretrained(VOCODER)
    except OSError as error:
        raise HubUnavailable(
            f"This model needs the vocoder {VOCODER} too, which could not be had from the Hub"
        ) from error
    return vocoder
