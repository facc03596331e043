"""Torch's family: the files that name its versions, and which packages no lock holds."""

from __future__ import annotations

import re

from .images import ROOT

TORCH = ROOT / "common" / "torch.txt"
FAMILY = ROOT / "common" / "torch-family.txt"
"""Torchvision and torchaudio."""
# Chosen when an environment is made, by what the machine has: one lock serves CPU and every kind of GPU.
CHOSEN_LATER = re.compile(r"(torch|torchvision|torchaudio|triton|nvidia-[\w-]+|cuda-[\w-]+)(==| @)")
