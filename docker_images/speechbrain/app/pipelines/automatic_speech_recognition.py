"""automatic-speech-recognition: what is said in a recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from inference_common.cancel import checkpoint
from inference_common.errors import InvalidRequest
from inference_common.tasks.speech import RecognitionParams, Transcript
from inference_common.windows import Floats, at_pauses
from speechbrain.inference.ASR import EncoderASR, EncoderDecoderASR, WhisperASR

from ._sounds import AT_ONCE, SoundPipeline

PAUSE_SECONDS = 0.2  # where a long recording is cut


class AutomaticSpeechRecognition(SoundPipeline[RecognitionParams, Transcript]):
    kinds = (EncoderASR, EncoderDecoderASR, WhisperASR)

    def _use(self, network: Any) -> None:
        super()._use(network)
        if isinstance(network, WhisperASR):  # it measures loudness by the loudest of a batch
            self.max_batch_size = 1  # as the network allows

    def check(self, params: RecognitionParams) -> None:
        if params.return_timestamps:
            raise InvalidRequest("This model does not tell when words were said; leave out return_timestamps")
        if params.asked:
            raise InvalidRequest("This model writes as its recipe says; leave out generation_parameters")

    def answers(self, waves: Floats, params: RecognitionParams) -> Sequence[Transcript]:
        parts = at_pauses(waves, AT_ONCE * self.hertz, int(PAUSE_SECONDS * self.hertz))
        said = [self._said(torch.from_numpy(part)) for part in parts]
        return [{"text": " ".join(text for text in texts if text)} for texts in zip(*said, strict=True)]

    def _said(self, waves: torch.Tensor) -> list[str]:
        """Of each of the waves."""
        checkpoint()
        texts, _ = self.network.transcribe_batch(*self.with_silence(waves))
        return [" ".join(text) if isinstance(text, list) else str(text) for text in texts]
