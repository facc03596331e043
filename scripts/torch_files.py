"""The files that name the versions of torch's family."""

from __future__ import annotations

from .images import ROOT

TORCH = ROOT / "common" / "torch.txt"
FAMILY = ROOT / "common" / "torch-family.txt"
"""Torchvision and torchaudio."""
