"""`start`: serve one model from this machine, and print how to call it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable

from .choice import add_arguments, choose, settings
from .envs import python_of
from .images import ROOT
from .ports import require_free
from .ready import print_calls, wait_ready

LOG_SECONDS = 5
"""Time for the last lines of a server that ended."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("start", help="serve a model (without one: a small demo)")
    add_arguments(verb)
    verb.add_argument("--host", default="127.0.0.1")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start the server, wait until it is ready, print how to call it, and stay until it ends."""
    require_free(arguments.host, arguments.port)
    chosen, model = choose(arguments)
    environment = {
        **os.environ,
        **settings(arguments, model),
        "HOST": arguments.host,
        "PORT": str(arguments.port),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "PYTHONPATH": str(ROOT / "common" / "src"),
    }
    command = [str(python_of(chosen)), "-m", "inference_common.serve"]
    # On a terminal its log goes through this process, which shows progress there meanwhile.
    log = subprocess.PIPE if sys.stdout.isatty() else None
    server = subprocess.Popen(command, cwd=chosen.context, env=environment, stderr=log, text=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.send_signal(signal.SIGTERM))
    printing = threading.Thread(target=_print_log, args=(server.stderr or (),), daemon=True)
    printing.start()
    url = f"http://{arguments.host}:{arguments.port}"
    task = wait_ready(url, lambda: server.poll() is None)
    failed = task is None and server.poll() is None
    if task is not None:
        print_calls(url, task)
    elif failed:
        server.send_signal(signal.SIGTERM)
    status = server.wait()
    printing.join(LOG_SECONDS)
    return 1 if failed else status


def _print_log(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(line)  # looked up each time: it is another one while progress is shown
