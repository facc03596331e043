"""Torch and its family: the files that pin their versions, and the packages that locks leave out."""

from __future__ import annotations

import re

from .images import ROOT

TORCH = ROOT / "common" / "torch.txt"
FAMILY = ROOT / "common" / "torch-family.txt"
"""Torchvision and torchaudio."""
# Chosen when an environment is made, by what the machine has: one lock serves CPU and every kind of GPU.
CHOSEN_LATER = re.compile(r"(torch|torchvision|torchaudio|triton|nvidia-[\w-]+|cuda-[\w-]+)(==| @)")
