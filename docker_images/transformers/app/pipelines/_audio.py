"""What the tasks that listen share: preparing waveforms, and running together those that may."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from inference_common.codecs.audio import Audio, Waveform
from inference_common.onnx.examples import batches, sounds
from inference_common.pipeline import Device
from inference_common.source import ModelSource
from inference_common.task import Out, P
from transformers import AutoFeatureExtractor

from ._memory import SoundMemory
from ._shared import Features, ModelPipeline

T = TypeVar("T")
LEAST_SECONDS = 0.025  # the window of the networks that read waveforms, and of most spectrograms
LIKE_LENGTH = 0.8  # waveforms run together from this part of the longest on: padding costs as much as sound


class AudioPipeline(ModelPipeline[Audio, P, Out], Generic[P, Out]):
    """A pipeline whose network listens."""

    max_batch_size = 16

    def __init__(self, model: ModelSource, device: Device) -> None:
        super().__init__(model, device)
        loader: Any = AutoFeatureExtractor
        self.extractor: Any = loader.from_pretrained(self.folder, local_files_only=True)
        self.rate = int(self.extractor.sampling_rate)
        self.sound_memory = SoundMemory(self.network.config, self.device, self.rate)
        if self.sound_memory.reads_waveforms:
            self.max_batch_cost = self.sound_memory.usual_samples

    def cost(self, inputs: Audio) -> int:
        return int(inputs.seconds * self.heard_rate)

    def memory(self, costs: Sequence[int], params: P) -> int:
        return self.sound_memory.listening(min(max(costs), self.at_once))

    @property
    def at_once(self) -> int:
        """The most samples of a sound that are prepared and run at once; longer ones are, in parts."""
        return sys.maxsize

    @property
    def heard_rate(self) -> int:
        """The sampling rate in Hz that the network listens at."""
        assert self.rate is not None  # set as it loads
        return self.rate

    def waveform(self, audio: Audio) -> Waveform:
        """The samples at the network's rate, with silence after what is shorter than its window."""
        samples = audio.at(self.heard_rate)
        missing = int(LEAST_SECONDS * self.heard_rate) - len(samples)
        return np.pad(samples, (0, missing)) if missing > 0 else samples

    def features(self, waveforms: Sequence[Waveform], **options: Any) -> Features:
        """Waveforms as the network reads them, where the network is; several of unequal length need `padding`."""
        extracted = self.extractor(list(waveforms), sampling_rate=self.rate, return_tensors="pt", **options)
        return self.moved(extracted)

    def examples(self) -> Sequence[Features]:
        """What an ONNX file is held to the network by: noise of several lengths."""
        return [self.features(some, padding=True) for some in batches(sounds(self.heard_rate))]

    @property
    def masks(self) -> bool:
        """Whether the network tells padding from sound: it is given a mask, and no norm over time mixes the two."""
        has_mask = bool(getattr(self.extractor, "return_attention_mask", False))
        return has_mask and getattr(self.network.config, "feat_extract_norm", None) != "group"

    def together(
        self, waveforms: Sequence[Waveform], answer: Callable[[Features, list[int]], Sequence[T]]
    ) -> Sequence[T]:
        """`answer` of every waveform, in order; as many at once as changes no number.

        `answer` gets the features of a group and the places of its waveforms among all.
        """
        if not self.masks:
            return self.in_groups([self.features([one]) for one in waveforms], answer)
        answers: dict[int, T] = {}
        for group in _of_like_length(waveforms):
            features = self.features([waveforms[place] for place in group], padding=True)
            answers.update(zip(group, answer(features, group), strict=True))
        return [answers[place] for place in range(len(waveforms))]


def _of_like_length(waveforms: Sequence[Waveform]) -> list[list[int]]:
    """The places of the waveforms, in groups whose shortest is not much shorter than the longest."""
    groups: list[list[int]] = []
    for place in sorted(range(len(waveforms)), key=lambda place: -len(waveforms[place])):
        if groups and len(waveforms[place]) >= LIKE_LENGTH * len(waveforms[groups[-1][0]]):
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups
