"""`build`: the stages every image stands on, then a library's image."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .docker_cli import buildkit_docker
from .images import ROOT, Library, library
from .labels import labels

COMMON = ROOT / "common"
ARGUMENTS = ("PYTHON_IMAGE", "WHEELS", "TORCH_BACKEND")
"""What common/Dockerfile lets a builder choose."""


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("build", help="build a library's image")
    verb.add_argument("library", metavar="LIB")
    verb.add_argument("--build-arg", action="append", default=[], metavar="K=V", help="as docker build takes it")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build, with the builder's own progress; the exit status is its."""
    return build(library(arguments.library), arguments.build_arg)


def build(known: Library, arguments: Sequence[str] = ()) -> int:
    """Build what the library stands on, then the library; the first failing step's exit status, or 0.

    Arguments also come from `INFERENCE_BUILD_ARGS` (`K=V K=V`), for builds that other verbs start.
    """
    docker = buildkit_docker()
    given = [*os.environ.get("INFERENCE_BUILD_ARGS", "").split(), *arguments]
    options = [part for pair in given for part in ("--build-arg", pair)]
    for stage in stages(known):
        status = _docker(docker, ["--target", stage, "--tag", f"inference-{stage}", *options], COMMON)
        if status:
            return status
    file = known.folder / "Dockerfile"
    # Of the command, not of the Dockerfile: they change with every commit, and no cached step must.
    base = dict(pair.partition("=")[::2] for pair in given).get("PYTHON_IMAGE")
    described = [part for name, value in labels(known, base).items() for part in ("--label", f"{name}={value}")]
    return _docker(docker, ["--file", str(file), "--tag", known.image, *described, *_of_library(given)], known.context)


def stages(known: Library) -> list[str]:
    """The stages of common/Dockerfile that a library's image is made of, in the order to build them."""
    return ["tools", "common", "base", *(["torch"] if known.needs_torch else [])]


def _of_library(given: Sequence[str]) -> list[str]:
    """The arguments a library's Dockerfile declares; Docker warns of others."""
    declared = ("BASE=", "TOOLS=", "COMMON=")
    return [part for pair in given if pair.startswith(declared) for part in ("--build-arg", pair)]


def _docker(docker: str, options: Sequence[str], context: Path) -> int:
    command = [docker, "build", "--progress", "plain", *options, str(context)]
    print(f"\n$ docker build {' '.join(options)} {context.relative_to(ROOT)}", flush=True)
    return subprocess.run(command, env={**os.environ, "DOCKER_BUILDKIT": "1"}, check=False).returncode
