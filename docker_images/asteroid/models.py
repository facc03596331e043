"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HUB = {
    "audio-source-separation": "JorisCos/ConvTasNet_Libri2Mix_sepclean_16k",
    "audio-to-audio": "JorisCos/ConvTasNet_Libri2Mix_sepclean_16k",
}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ()
"""Files that mark a repository as this library's."""


def audio_to_audio(folder: Path) -> None:
    """A ConvTasNet of two sources at 8 kHz."""
    _conv_tasnet(folder)


def audio_source_separation(folder: Path) -> None:
    """The same."""
    _conv_tasnet(folder)


def save(network: Any, folder: Path) -> None:
    """Write a network in the library's layout: what its `serialize` gives, which imports a trainer to tell versions."""
    import torch

    versions = {"torch_version": torch.torch_version.TorchVersion(torch.__version__), "asteroid_version": "0.7.0"}
    state, arguments = network.get_state_dict(), network.get_model_args()
    told = {"model_name": type(network).__name__, "state_dict": state, "model_args": arguments}
    torch.save({**told, "infos": {"software_versions": versions}}, folder / "pytorch_model.bin")


def _conv_tasnet(folder: Path) -> None:
    import torch
    from asteroid.models import ConvTasNet

    torch.manual_seed(0)
    shape = {"n_blocks": 1, "n_repeats": 1, "bn_chan": 8, "hid_chan": 8, "skip_chan": 8, "n_filters": 16}
    save(ConvTasNet(n_src=2, sample_rate=8000, **shape), folder)


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](Path(sys.argv[2]))
