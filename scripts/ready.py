"""A server that was just started: wait until it is ready, and print how to call it."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx
from inference_common.schema import Schemas
from inference_common.task import Task
from inference_common.tasks import TASKS

from .cache import cache, digest
from .progress import step

MAX_SHOWN_BYTES = 1000


def wait_ready(url: str, alive: Callable[[], bool]) -> str | None:
    """The pinned task once the server is ready; None when it ended, or its model could not be loaded."""
    with step("Loading the model"):
        while alive():
            try:
                answer = httpx.get(f"{url}/ready", timeout=2)
                if answer.status_code == 200:
                    return str(httpx.get(f"{url}/info", timeout=2).json()["task"])
                if answer.json().get("status") == "failed":
                    print(f"The model could not be loaded: {answer.json()['error']}", file=sys.stderr)
                    return None
            except httpx.TransportError:
                pass  # it does not listen yet
            time.sleep(0.2)
    return None


def print_calls(url: str, task: str) -> None:
    """Print calls that work when pasted."""
    client = TASKS[task].client
    print(f"\nReady at {url} ({task}). Try, in another terminal:\n")
    print(f"  {_curl(url, TASKS[task])}\n")
    if client is not None:
        imported = "from huggingface_hub import InferenceClient"
        print(f"  .venv/bin/python -c '{imported}; print(InferenceClient(model=\"{url}\").{client})'\n")
    print(f"or open {url}/docs in a browser. Ctrl-C ends it.", flush=True)


def _curl(url: str, task: Task[Any, Any, Any]) -> str:
    """A call of the task's first example; one that is long or no text is written to a file first."""
    example = task.good[0]
    if example.content_type == "application/json" and len(example.body) <= MAX_SHOWN_BYTES:
        data = f"-d {shlex.quote(example.body.decode())}"
    else:
        file = cache() / "examples" / f"{task.name}-{digest([example.body])}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(example.body)
        data = f"--data-binary {shlex.quote(f'@{file}')}"
    answers = list(task.output.content(Schemas(), batches=False))
    output = "" if "application/json" in answers else f" --output answer.{answers[0].partition('/')[2]}"
    return f"curl {url} -H 'content-type: {example.content_type}' {data}{output}"
