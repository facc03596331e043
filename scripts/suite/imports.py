"""The files of `scripts` and `tests` that Python files import, directly and through one another."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..images import ROOT

PACKAGES = ("scripts", "tests")
VERBS = ROOT / "scripts" / "__main__.py"


def with_imports(files: Iterable[Path]) -> list[str]:
    """The paths, below the root and sorted, of the files and of all that they import of the two packages.

    A file that runs `manage.py` can depend on every verb.
    """
    found: set[Path] = set()
    pending = list(files)
    while pending:
        file = pending.pop()
        if file not in found:
            found.add(file)
            pending += _imported(file)
    return sorted(file.relative_to(ROOT).as_posix() for file in found)


@functools.cache
def _imported(file: Path) -> tuple[Path, ...]:
    text = file.read_text(encoding="utf-8")
    names = [name for node in ast.walk(ast.parse(text)) for name in _names(node, file)]
    modules = [module for name in names if (module := _file(name)) is not None]
    return (*modules, *([VERBS] if '"manage.py"' in text else []))


def _names(node: ast.AST, file: Path) -> Iterator[str]:
    """The dotted names that an import statement may mean: a module, its packages, and what is taken from it."""
    if isinstance(node, ast.Import):
        dotted = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        package = file.relative_to(ROOT).parts[: -node.level] if node.level else ()
        base = ".".join((*package, *([node.module] if node.module else [])))
        dotted = [f"{base}.{alias.name}" for alias in node.names]
    else:
        return
    for name in dotted:
        parts = name.split(".")
        if parts[0] in PACKAGES:
            yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def _file(name: str) -> Path | None:
    """The file of a module, or None where the name is not one."""
    path = ROOT.joinpath(*name.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
