"""Tiny models that look at videos."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import VideoMAEConfig, VideoMAEForVideoClassification, VideoMAEImageProcessorPil

from ._shared import card
from .vision import LABELS, SIZE, VIT, awake


def video_classification(folder: Path) -> None:
    """A VideoMAE of eight frames."""
    torch.manual_seed(0)
    config = VideoMAEConfig(**VIT, num_frames=8, tubelet_size=2, **LABELS)
    awake(VideoMAEForVideoClassification(config)).save_pretrained(folder)
    VideoMAEImageProcessorPil(size={"shortest_edge": 32}, crop_size=SIZE).save_pretrained(folder)
    card(folder, "video-classification")
