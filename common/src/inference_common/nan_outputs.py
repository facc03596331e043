"""Layers that give NaN alone: broken weights, which an answer of text or of places does not show."""

from __future__ import annotations

import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def nan_outputs(ignored: Collection[int]) -> Iterator[list[str]]:
    """The kinds of layers with weights, run by torch in this thread inside, all of whose output was NaN; but for the
    modules of `ignored` ids. None, where torch is not imported."""
    found: list[str] = []
    torch, thread = sys.modules.get("torch"), threading.get_ident()
    if torch is None:
        yield found
        return

    def look(module: Any, inputs: object, output: Any) -> None:
        if threading.get_ident() != thread or id(module) in ignored or not isinstance(output, torch.Tensor):
            return
        has_weights = next(module.parameters(recurse=False), None) is not None
        if has_weights and output.is_floating_point() and output.numel() and bool(output.isnan().all()):
            found.append(type(module).__name__)

    handle = torch.nn.modules.module.register_module_forward_hook(look)
    try:
        yield found
    finally:
        handle.remove()
