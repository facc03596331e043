"""The stages that libraries share are built once for all of them."""

from __future__ import annotations

from scripts.images import library
from scripts.stages import stages


def test_each_stage_is_built_once_and_torch_only_where_a_library_needs_it() -> None:
    assert stages([library("hibari"), library("sentence-transformers-onnx")]) == ["tools", "common", "base"]
    assert stages([library("hibari"), library("timm"), library("transformers")]) == ["tools", "common", "base", "torch"]
