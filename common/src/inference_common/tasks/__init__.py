"""TASKS: every task there is, by its Hub name; the module of one is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import Any

from ..task import Task

MODULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "classification": ("text-classification",),
        "text": ("feature-extraction", "sentence-similarity", "text-ranking"),
    }
)
"""The tasks of each module: a server of texts imports no codec of images. In a module, `some-task` is `SOME_TASK`."""


class _Tasks(Mapping[str, Task[Any, Any, Any]]):
    def __init__(self, modules: Mapping[str, tuple[str, ...]]) -> None:
        self._module = {task: module for module, tasks in modules.items() for task in tasks}

    def __getitem__(self, name: str) -> Task[Any, Any, Any]:
        return _load(self._module[name], name)

    def __contains__(self, name: object) -> bool:
        return name in self._module

    def __iter__(self) -> Iterator[str]:
        return iter(self._module)

    def __len__(self) -> int:
        return len(self._module)


@cache
def _load(module: str, name: str) -> Task[Any, Any, Any]:
    task: Task[Any, Any, Any] = getattr(import_module(f".{module}", __name__), name.replace("-", "_").upper())
    return task


TASKS: Mapping[str, Task[Any, Any, Any]] = _Tasks(MODULES)
