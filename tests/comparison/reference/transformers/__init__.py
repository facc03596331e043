"""transformers: its pipelines, and over its AutoModel classes what release 5 has none for any more."""

from __future__ import annotations

from .classification import ANSWERS as CLASSIFICATION
from .generation import ANSWERS as GENERATION
from .seeing import ANSWERS as SEEING
from .texts import ANSWERS as TEXTS

ANSWERS = {**CLASSIFICATION, **GENERATION, **SEEING, **TEXTS}
