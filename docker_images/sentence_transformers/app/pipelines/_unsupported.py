"""What is left to the library."""

from __future__ import annotations


class Unsupported(Exception):
    """Why a model is not run over an ONNX file, but by the library itself."""
