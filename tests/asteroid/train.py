"""Writes a network that was taught, in seconds, to tell two tones apart: the low one is its first source.

`python train.py FOLDER`, from the library's folder and in its environment.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import torch
from asteroid.models import ConvTasNet
from models import save  # type: ignore[import-not-found]

RATE, FRAMES, STEPS, BATCH = 8000, 1600, 100, 4
TONES = (440.0, 2000.0)


def tones(count: int) -> torch.Tensor:
    """Tones of chance phase and level, of shape (count, 2, FRAMES)."""
    time = torch.arange(FRAMES) / RATE
    phase = torch.rand(count, 2, 1) * 2 * math.pi
    level = 0.1 + 0.3 * torch.rand(count, 2, 1)
    return level * torch.sin(2 * math.pi * torch.tensor(TONES)[:, None] * time + phase)


torch.manual_seed(0)
shape = {"n_blocks": 2, "n_repeats": 1, "bn_chan": 16, "hid_chan": 16, "skip_chan": 16, "n_filters": 32}
network = ConvTasNet(n_src=2, sample_rate=RATE, **shape)
optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
for _ in range(STEPS):
    wanted = tones(BATCH)
    loss = (network(wanted.sum(1, keepdim=True)) - wanted).square().mean() / wanted.square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"loss {loss.item():.4f}", file=sys.stderr)
save(network.eval(), Path(sys.argv[1]))
