"""House rules that no linter checks: sizes, known tasks, and no address of a registry."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from inference_common.tasks import TASKS

from scripts.images import ROOT, libraries

FILE_LINES, FUNCTION_LINES = 250, 40
# Written in two halves, or this file would be the first finding.
HOSTS = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "deb." + "debian.org",
    "download.py" + "torch.org",
]


def sources(*suffixes: str) -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in sorted(set(listed.stdout.splitlines())):
        path = ROOT / name
        if path.is_file() and (not suffixes or path.suffix in suffixes):
            yield path


def test_files_are_short() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in sources(".py", ".sh", ".mjs") if (n := _lines(path)) > FILE_LINES
    }
    assert long == {}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_functions_are_short() -> None:
    long = {}
    for path in sources(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def test_libraries_answer_known_tasks() -> None:
    for known in libraries():
        assert known.tasks, f"{known.name} has no pipeline"
        assert set(known.tasks) <= set(TASKS)
        assert set(known.models().HUB) == set(known.tasks)
        assert all(known.models().HUB.values()), f"{known.name} names no real model of a task"


def test_no_registry_is_named() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {host}"
        for path in sources()
        for host in HOSTS
        if host in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == []
