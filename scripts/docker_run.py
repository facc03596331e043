"""`docker`: run a library's image as a user would, and remove the container at the end."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from docker.models.containers import Container

from .build import build
from .choice import add_arguments, choose, settings
from .containers import engine, run_container
from .dockerd import ensure_docker_engine
from .image_store import has_image
from .ports import require_free
from .ready import print_calls, wait_ready

CACHE_VOLUME = "inference-data"
GRACE_SECONDS = 40  # more than the server's own grace, so that it is the server that decides


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("docker", help="serve a model from its library's image (built first if need be)")
    add_arguments(verb)
    verb.add_argument("-e", "--env", action="append", default=[], metavar="K=V", help="a setting of the server")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C or until the container ends by itself; its exit status is ours."""
    require_free("127.0.0.1", arguments.port)
    chosen, model = choose(arguments)
    ensure_docker_engine()
    client = engine()
    if not has_image(client, chosen.image) and (status := build([chosen])):
        return status
    environment = settings(arguments, model) | dict(pair.partition("=")[::2] for pair in arguments.env)
    if token := os.environ.get("HF_TOKEN"):
        environment.setdefault("HF_TOKEN", token)
    volumes = {CACHE_VOLUME: {"bind": "/data", "mode": "rw"}}
    container = run_container(client, chosen, model, environment, arguments.port, {"volumes": volumes})
    try:
        return _follow(container, f"http://127.0.0.1:{arguments.port}")
    finally:
        container.remove(force=True)
        client.close()


def _follow(container: Container, url: str) -> int:
    stopping = threading.Event()

    def stop(*_: object) -> None:
        # In a thread of its own: a signal's handler must not wait, nor enter a call of the SDK it interrupted.
        if not stopping.is_set():
            stopping.set()
            threading.Thread(target=container.stop, kwargs={"timeout": GRACE_SECONDS}).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    threading.Thread(target=_print_logs, args=(container,), daemon=True).start()
    task = wait_ready(url, lambda: _runs(container) and not stopping.is_set())
    if task is not None:
        print_calls(url, task)
    elif _runs(container):
        stop()
    return int(container.wait()["StatusCode"])


def _runs(container: Container) -> bool:
    container.reload()
    return bool(container.status == "running")


def _print_logs(container: Container) -> None:
    for line in container.logs(stream=True, follow=True):
        sys.stderr.write(line.decode(errors="replace"))
