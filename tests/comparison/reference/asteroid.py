"""asteroid: `separate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from asteroid.models import BaseModel
from asteroid.separate import separate

from .media import Keywords
from .sounds import Sound, waveform

torch.serialization.add_safe_globals([torch.torch_version.TorchVersion])


def audio_to_audio(folder: Path) -> Callable[..., Any]:
    saved = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    network: Any = BaseModel.from_pretrained(saved).eval()
    rate = int(network.sample_rate)

    def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
        (made,) = separate(network, waveform(inputs, rate)[None, None])
        return [{"label": f"label_{n}", "sound": Sound(one, rate)} for n, one in enumerate(made)]

    return call


ANSWERS = {"audio-source-separation": audio_to_audio, "audio-to-audio": audio_to_audio}
