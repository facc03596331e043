"""The stages of common/Dockerfile, and the arguments that it declares."""

from __future__ import annotations

from collections.abc import Iterable

from .images import Library

ARGUMENTS = ("PYTHON_IMAGE", "WHEELS", "TORCH_BACKEND")
"""The build arguments of common/Dockerfile; environment variables of these names set them too."""
STAGES = ("tools", "common", "base", "torch")
"""The stages that libraries' images use, in the order in which they are built."""


def stages(chosen: Iterable[Library]) -> list[str]:
    """The stages that the images of these libraries use, each once."""
    with_torch = any(known.needs_torch for known in chosen)
    return [stage for stage in STAGES if with_torch or stage != "torch"]
