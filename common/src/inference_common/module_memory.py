"""How much memory a network of torch takes, found out by a small call of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def largest_output(network: Any, call: Callable[[], object]) -> int:
    """Bytes of the largest tensor that any module of a network gives in a call of it."""
    largest = 0

    def look(module: object, inputs: object, output: object) -> None:
        nonlocal largest
        for one in output if isinstance(output, tuple | list) else (output,):
            if hasattr(one, "element_size"):
                largest = max(largest, one.numel() * one.element_size())

    handles = [module.register_forward_hook(look) for module in network.modules()]
    try:
        call()
    finally:
        for handle in handles:
            handle.remove()
    return largest
