"""`start`: serve one model from this machine, and say how to call it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess

from .choice import add_arguments, choose, settings
from .envs import python_of
from .images import ROOT
from .ready import tell, wait_ready


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("start", help="serve a model (without one: a small demo)")
    add_arguments(verb)
    verb.add_argument("--host", default="127.0.0.1")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start the server, wait until it is ready, print how to call it, and stay until it ends."""
    chosen, model = choose(arguments)
    environment = {
        **os.environ,
        **settings(arguments, model),
        "HOST": arguments.host,
        "PORT": str(arguments.port),
        "PYTHONPATH": str(ROOT / "common" / "src"),
    }
    server = subprocess.Popen([python_of(chosen), "-m", "inference_common.serve"], cwd=chosen.context, env=environment)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.send_signal(signal.SIGTERM))
    url = f"http://{arguments.host}:{arguments.port}"
    task = wait_ready(url, lambda: server.poll() is None)
    if task is not None:
        tell(url, task)
    elif server.poll() is None:
        server.send_signal(signal.SIGTERM)
        server.wait()
        return 1
    return server.wait()
