"""TASKS: every task there is, by its Hub name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from ..task import Task
from .text import FEATURE_EXTRACTION, SENTENCE_SIMILARITY, TEXT_RANKING

TASKS: Mapping[str, Task[Any, Any, Any]] = MappingProxyType(
    {task.name: task for task in (FEATURE_EXTRACTION, SENTENCE_SIMILARITY, TEXT_RANKING)}
)
