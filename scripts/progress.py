"""Long steps: a spinner and the seconds on a terminal; one line at the start and one at the end elsewhere."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

MAX_OUTPUT_LINES = 40


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Show that a step runs, and, unless it fails, how many seconds it took."""
    started = time.monotonic()
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    terminal = sys.stdout.isatty()
    if not terminal:
        print(f"{title} ...", flush=True)
    with Progress(*columns, transient=True, refresh_per_second=4, disable=not terminal) as progress:
        progress.add_task(title, total=None)
        yield
    print(f"{title}: {time.monotonic() - started:.0f} s", flush=True)


def run(command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Run a command without showing its output. Raises SystemExit with the end of the output when it fails."""
    done = subprocess.run(
        list(command),
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        output = "\n".join(done.stdout.splitlines()[-MAX_OUTPUT_LINES:])
        shown = " ".join(str(part) for part in command)
        raise SystemExit(f"{output}\n\nThe command above failed with exit status {done.returncode}: {shown}")
