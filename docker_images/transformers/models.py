"""Models of this library: tiny ones made on the spot for tests, and the real ones for people.

`python models.py TASK FOLDER`, in the library's environment, writes the tiny model of one task: the
function of its name in one of the modules of tiny/.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HUB = {
    "text-classification": "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
}
"""A small real model of each task, for runs that reach the Hub."""

SIGNATURES = ("config.json",)
"""Files that mark a repository as this library's, unless another library's do."""


def write(task: str, folder: Path) -> None:
    """Write the tiny model of a task into a folder. Raises KeyError for a task that has none."""
    function = task.replace("-", "_")
    for file in sorted(Path(__file__).parent.glob("tiny/[!_]*.py")):
        if f"def {function}(" in file.read_text():
            getattr(import_module(f"tiny.{file.stem}"), function)(folder)
            return
    raise KeyError(f"no module of tiny/ defines {function}; write it there")


if __name__ == "__main__":
    written = Path(sys.argv[2])
    write(sys.argv[1], written)
    for file in written.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)  # safetensors writes 0600, which no container's user could read
