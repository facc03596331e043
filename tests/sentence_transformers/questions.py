"""What models are asked, of the library and of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEXTS = [
    "a happy person",
    "Œuvre ÉCOLE 日本",
    "  The Dog\tin PARIS ",
    "a sad dog was in the sunny car today " * 30,
    "a",
]
PAIRS = [(TEXTS[0], text) for text in TEXTS[1:]]


@dataclass(frozen=True)
class Request:
    """`options` are of the library's `encode`, `params` are the same of a pipeline."""

    options: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


REQUESTS: Mapping[str, Request] = {
    "usual": Request(),
    "normalized": Request({"normalize_embeddings": True}, {"normalize": True}),
    "half": Request({"truncate_dim": 16}, {"dimensions": 16}),
    "few, normalized": Request({"truncate_dim": 3, "normalize_embeddings": True}, {"dimensions": 3, "normalize": True}),
    "cut at the left": Request(params={"truncation_direction": "left"}),
    "cut at the right": Request(params={"truncation_direction": "right"}),
}
