"""The stages of common/Dockerfile, and the arguments that it declares."""

from __future__ import annotations

from .images import Library

ARGUMENTS = ("PYTHON_IMAGE", "WHEELS", "TORCH_BACKEND")
"""What common/Dockerfile lets a builder choose; variables of the environment of these names are read too."""
STAGES = ("tools", "common", "base", "torch")
"""What libraries' images use, in the order to build them."""


def stages(known: Library) -> list[str]:
    """The stages that a library's image uses."""
    return [stage for stage in STAGES if stage != "torch" or known.needs_torch]
