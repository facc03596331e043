"""Writes a network that was taught, in seconds, to tell two tones apart, a voice from noise, or a voice from silence.

`python train.py tones|noise|voices FOLDER`, from speechbrain's folder and in its environment.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
import torch
from hyperpyyaml import load_hyperpyyaml
from speechbrain.inference import VAD, SepformerSeparation, SpectralMaskEnhancement

Batch = tuple[torch.Tensor, torch.Tensor]
RECIPES = Path(__file__).parent / "recipes"


def waves(hertz: torch.Tensor, rate: int, frames: int) -> torch.Tensor:
    """Tones of chance phase and level, as many as there are frequencies, of shape (..., frames)."""
    phase, level = torch.rand(*hertz.shape, 1) * 2 * math.pi, 0.1 + 0.3 * torch.rand(*hertz.shape, 1)
    return level * torch.sin(2 * math.pi * hertz[..., None] * torch.arange(frames) / rate + phase)


def voices(count: int, frames: int) -> torch.Tensor:
    """Sounds of a few harmonics, at 16 kHz, of shape (count, frames)."""
    pitch = 120 + 180 * torch.rand(count, 1)
    return waves(pitch * torch.arange(1, 6), 16_000, frames).mean(1)


def tones() -> Batch:
    """Mixtures, and the two tones of each: of shape (4, 1600) and (4, 1600, 2)."""
    wanted = waves(torch.tensor([440.0, 2000.0]).expand(4, 2), 8000, 1600)
    return wanted.sum(1), wanted.transpose(1, 2)


def noisy() -> Batch:
    """Voices in noise, and without it: of shape (8, 8000)."""
    wanted = voices(8, 8000)
    return wanted + 0.05 * torch.randn(8, 8000), wanted


def spoken() -> Batch:
    """Noise with a voice in a part of it (in two: all of it), and 1 where it is, of shape (8, 101) at every 10 ms."""
    starts = torch.randint(10, 50, (8, 1))
    starts[:2] -= 60
    lasts = torch.tensor([[160]] * 2 + [[40]] * 6)
    told = ((torch.arange(101) >= starts) & (torch.arange(101) < starts + lasts)).float()
    heard = told[:, :-1].repeat_interleave(160, dim=1)
    return 0.003 * torch.randn(8, 16_000) + heard * voices(8, 16_000), told


def mean_square(made: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return (made - wanted).square().mean() / wanted.square().mean()


def teach(folder: Path, kind: Any, run: Callable[[Any, torch.Tensor], torch.Tensor], batch: Callable[[], Batch],
          loss_of: Callable[..., torch.Tensor], steps: int, rate: float) -> None:  # fmt: skip
    """Teach what a recipe loads, and save it where the recipe looks for it."""
    told = {"pretrained_path": str(folder)}
    parts = load_hyperpyyaml((folder / "hyperparams.yaml").read_text(), overrides=told)
    network = kind(modules=parts["modules"], hparams=parts, run_opts={"device": "cpu"}, freeze_params=False)
    network.train()
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    for _ in range(steps):
        heard, wanted = batch()
        loss = loss_of(run(network, heard), wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"loss {loss.item():.4f}", file=sys.stderr)
    for name, part in parts["pretrainer"].loadables.items():
        torch.save(part.state_dict(), parts["pretrainer"].paths[name])


def separator(folder: Path) -> None:
    models.audio_to_audio(folder)
    teach(folder, SepformerSeparation, lambda n, heard: n.separate_batch(heard), tones, mean_square, 150, 1e-2)


def enhancer(folder: Path) -> None:
    models.save(folder, RECIPES / "spectral_mask", "SpectralMaskEnhancement")
    whole = torch.ones(8)
    run = lambda n, heard: n.enhance_batch(heard, lengths=whole)  # noqa: E731
    teach(folder, SpectralMaskEnhancement, run, noisy, mean_square, 40, 3e-3)
    recipe = folder / "hyperparams.yaml"  # left out, as in the library's template, it lifts all sound to full scale
    recipe.write_text(recipe.read_text().replace("    normalize_wavs: False\n", ""))


def listener(folder: Path) -> None:
    models.voice_activity_detection(folder)
    entropy = torch.nn.functional.binary_cross_entropy
    teach(folder, VAD, lambda n, heard: n.get_speech_prob_chunk(heard)[..., 0], spoken, entropy, 120, 1e-2)


if __name__ == "__main__":
    torch.manual_seed(0)
    {"tones": separator, "noise": enhancer, "voices": listener}[sys.argv[1]](Path(sys.argv[2]))
