"""The stages of common/Dockerfile, and the arguments that it declares."""

from __future__ import annotations

from collections.abc import Iterable

from .images import Library

ARGUMENTS = ("PYTHON_IMAGE", "WHEELS", "TORCH_BACKEND")
"""What common/Dockerfile lets a builder choose; variables of the environment of these names are read too."""
STAGES = ("tools", "common", "base", "torch")
"""What libraries' images use, in the order to build them."""


def stages(chosen: Iterable[Library]) -> list[str]:
    """The stages that the images of these libraries use, each once."""
    with_torch = any(known.needs_torch for known in chosen)
    return [stage for stage in STAGES if with_torch or stage != "torch"]
