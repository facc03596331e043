"""Reads a folder for each of the library's classes, written on the spot, by the pipeline, and separates noise of two
lengths: `python registry.py FOLDER`, from asteroid's folder and in its environment. Writes {class: [sources, frames]}.
"""

from __future__ import annotations

import json
import sys
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
    "DCUNet": {"architecture": "DCUNet-10", "stft_n_filters": 512, "stft_kernel_size": 512, "sample_rate": 8000},
    "DCCRNet": {"architecture": "DCCRN-CL", "stft_n_filters": 512, "sample_rate": 8000},
    "FasNetTAC": {"n_src": 2, "enc_dim": 8, "feature_dim": 8, "hidden_dim": 8, "n_layers": 1, "sample_rate": 8000},
}  # fmt: skip

torch.manual_seed(0)
_shared.AT_ONCE = 1  # second, so that two are read in windows
told = {}
for name, options in KINDS.items():
    folder = Path(sys.argv[1]) / name
    folder.mkdir()
    save(getattr(registry, name)(**options).eval(), folder, "audio-to-audio")
    pipeline = _shared.SeparationPipeline(FolderSource(folder), "cpu")
    for seconds in (0.6, 2.0):
        noise = np.random.default_rng(0).normal(size=int(8000 * seconds)).astype(np.float32) / 10
        sources = pipeline(Audio(noise, 8000), Params())
        assert all(np.isfinite(source.audio.samples).all() for source in sources), name
        assert {source.audio.samples.shape[-1] for source in sources} == {len(noise)}, (name, seconds)
        told[name] = [source.label for source in sources]
json.dump(told, sys.stdout)
