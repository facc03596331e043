"""discover: a file's name is its task, and the one Pipeline in it answers that task."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from .errors import NotFound
from .pipeline import AnyPipeline, Pipeline


@dataclass(frozen=True)
class Pipelines:
    """What a library answers; its modules are imported only when a task is asked for."""

    package: str
    tasks: tuple[str, ...]

    def load(self, task: str) -> type[AnyPipeline]:
        """The Pipeline of a task. Raises NotFound for a task the library lacks, TypeError for a malformed module."""
        if task not in self.tasks:
            raise NotFound(f"This library does not answer the task {task!r}; it answers: {', '.join(self.tasks)}")
        module = import_module(f"{self.package}.{task.replace('-', '_')}")
        found = [
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and issubclass(value, Pipeline)
            and value.__module__ == module.__name__
            and not inspect.isabstract(value)
        ]
        if len(found) != 1:
            raise TypeError(f"{module.__name__} must define one Pipeline, and defines {len(found)}")
        return found[0]


def tasks_in(folder: Path) -> list[str]:
    """The tasks that a folder of pipelines declares by its file names."""
    return sorted(file.stem.replace("_", "-") for file in folder.glob("*.py") if not file.name.startswith("_"))


def discover(package: str) -> Pipelines:
    """The pipelines of a package, which need not have an `__init__`. Raises ModuleNotFoundError."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"there is no package {package}; run from the library's folder")
    folders = [Path(place) for place in spec.submodule_search_locations]
    return Pipelines(package, tuple(sorted({task for folder in folders for task in tasks_in(folder)})))
