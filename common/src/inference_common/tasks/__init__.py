"""TASKS: every task there is, by its Hub name; the module of one is imported when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..task import Task


def _modules() -> Mapping[str, tuple[str, ...]]:
    """The tasks of each module, read from its text: `SOME_TASK = Task[...]` is `some-task`."""
    found = {}
    for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
        names = re.findall(r"^([A-Z0-9_]+) = Task\b", file.read_text(encoding="utf-8"), re.MULTILINE)
        found[file.stem] = tuple(sorted(name.lower().replace("_", "-") for name in names))
    return MappingProxyType(found)


MODULES = _modules()
"""The tasks of each module: a server of texts imports no codec of images."""


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
