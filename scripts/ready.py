"""A server that was just started: wait until it is ready, and print how to call it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import httpx
from inference_common.tasks import TASKS

from .progress import step


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
    known = TASKS[task]
    example = known.good[0]
    print(f"\nReady at {url} ({task}). Try, in another terminal:\n")
    if example.content_type == "application/json" and len(example.body) < 1000:
        body = example.body.decode().replace("'", "'\\''")
        print(f"  curl {url} -H 'content-type: application/json' -d '{body}'\n")
    if known.client is not None:
        client = "from huggingface_hub import InferenceClient"
        print(f"  .venv/bin/python -c '{client}; print(InferenceClient(model=\"{url}\").{known.client})'\n")
    print("Ctrl-C ends it.", flush=True)
