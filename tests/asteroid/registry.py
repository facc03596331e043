"""Reads, by the pipeline, a folder for each of the library's classes, written on the spot, and separates noise.

`python registry.py FOLDER`, from asteroid's folder and in its environment, writes for each kind its labels, how many
sources their memory is counted for, which lengths were not kept, and the most that answers differ, as part of the
loudest sample: of sounds that ran together, and of one that went through in windows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from app.pipelines import _shared  # type: ignore[import-not-found]  # this and what follows are the library's own
from asteroid import models as registry
from inference_common.codecs.audio import Audio
from inference_common.source import FolderSource
from inference_common.task import Params
from models import save  # type: ignore[import-not-found]

TASNET: dict[str, Any] = {"n_filters": 16, "kernel_size": 16, "sample_rate": 8000}
KINDS: dict[str, dict[str, Any]] = {
    "ConvTasNet": {"n_src": 2, "n_blocks": 1, "n_repeats": 1, "bn_chan": 8, "hid_chan": 8, "skip_chan": 8, **TASNET},
    "DPRNNTasNet": {"n_src": 2, "bn_chan": 8, "hid_size": 8, "chunk_size": 20, "n_repeats": 1, **TASNET},
    "DPTNet": {"n_src": 2, "n_heads": 2, "ff_hid": 8, "chunk_size": 20, "n_repeats": 1, **TASNET},
    "LSTMTasNet": {"n_src": 3, "hid_size": 8, "n_layers": 1, **TASNET},
    "SuDORMRFNet": {"n_src": 2, "bn_chan": 8, "num_blocks": 1, "upsampling_depth": 2, **TASNET},
    "SuDORMRFImprovedNet": {"n_src": 2, "bn_chan": 8, "num_blocks": 1, "upsampling_depth": 2, **TASNET},
    "DeMask": {"hidden_dims": (16,), "sample_rate": 8000},
    "DeMask-complex": {"output_type": "reim", "hidden_dims": (16,), "sample_rate": 8000},
    "DCUNet": {"architecture": "DCUNet-10", "stft_n_filters": 512, "stft_kernel_size": 512, "sample_rate": 8000},
    "DCCRNet": {"architecture": "DCCRN-CL", "stft_n_filters": 512, "sample_rate": 8000},
    "FasNetTAC": {"n_src": 2, "enc_dim": 8, "feature_dim": 8, "hidden_dim": 8, "n_layers": 1, "sample_rate": 8000},
}  # fmt: skip

LENGTHS = (1, 50, 401, 2001, 8000)  # frames; the networks' windows are of 16 to 1024
LONG = 128_000


def noise(frames: int, seed: int = 0, level: float = 0.1) -> Audio:
    return Audio((level * np.random.default_rng(seed).normal(size=frames)).astype(np.float32), 8000)


def differ(ones: Sequence[Sequence[Any]], others: Sequence[Sequence[Any]]) -> float:
    """The most that the sources of sounds differ, as part of the loudest sample."""
    pairs = [(a.audio.samples, b.audio.samples) for one, other in zip(ones, others, strict=True)
             for a, b in zip(one, other, strict=True)]  # fmt: skip
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def seen(kind: str, folder: Path) -> dict[str, Any]:
    """What is seen of one kind of network."""
    torch.manual_seed(0)
    folder.mkdir()
    save(getattr(registry, kind.partition("-")[0])(**KINDS[kind]).eval(), folder)
    pipeline = _shared.SeparationPipeline(FolderSource(folder), "cpu")
    kept = {frames: {len(one.audio.samples) for one in pipeline(noise(frames), Params())} for frames in LENGTHS}
    several = [noise(8000, 1), noise(8000, 2, 0.3), noise(5000, 3), noise(8000, 4, 0.01)]
    alone = [pipeline(one, Params()) for one in several]
    if kind.partition("-")[0] not in _shared.ONE_BY_ONE:
        pipeline.max_batch_size = _shared.BATCH  # as on a GPU
    whole = pipeline(noise(LONG), Params())
    _shared.AT_ONCE, _shared.SHARED = 10, 2
    parts = pipeline(noise(LONG), Params())
    _shared.AT_ONCE, _shared.SHARED = 30, 3
    return {
        "counted": pipeline.count,
        "labels": [one.label for one in whole],
        "not kept": [frames for frames, found in kept.items() if found != {frames}],
        "together": differ(pipeline.batch(several, Params()), alone),
        "in windows": differ([parts], [whole]),
    }


json.dump({kind: seen(kind, Path(sys.argv[1]) / kind) for kind in KINDS}, sys.stdout)
