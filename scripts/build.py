"""`build`: the stages that all images are built on, then the libraries' images."""

from __future__ import annotations

import argparse
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .build_arguments import build_arguments
from .docker_cli import buildkit_docker
from .dockerd import ensure_docker_engine
from .images import ROOT, Library, library
from .labels import labels
from .stages import stages

COMMON = ROOT / "common"


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("build", help="build the images of libraries")
    verb.add_argument("library", nargs="+", metavar="LIB")
    verb.add_argument("--build-arg", action="append", default=[], metavar="K=V", help="as docker build takes it")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build, with the builder's own progress; the exit status is its."""
    chosen = [library(name) for name in arguments.library]
    ensure_docker_engine()
    return build(chosen, arguments.build_arg)


def build(chosen: Sequence[Library], arguments: Sequence[str] = ()) -> int:
    """Build each stage that the libraries use once, then the libraries; the first failing exit status, or 0.

    Arguments also come from `INFERENCE_BUILD_ARGS` (`K=V K=V`), for builds that other verbs start.
    """
    docker = buildkit_docker()
    pairs = [*os.environ.get("INFERENCE_BUILD_ARGS", "").split(), *arguments]
    given = build_arguments(dict(_parsed(pair) for pair in pairs))
    for stage in stages(chosen):
        options = ["--target", stage, "--tag", f"inference-{stage}", *_options(given)]
        if status := _docker_build(docker, options, COMMON):
            return status
    for known in chosen:
        options = ["--file", str(known.folder / "Dockerfile"), "--tag", known.image]
        options += [*_labels(known, given["PYTHON_IMAGE"]), *_options(_of_library(given))]
        if status := _docker_build(docker, options, known.context):
            return status
    return 0


def _parsed(argument: str) -> tuple[str, str]:
    """The name and value of a `--build-arg`; without `=`, the environment has the value."""
    name, separator, value = argument.partition("=")
    return name, value if separator else os.environ.get(name, "")


def _of_library(given: Mapping[str, str]) -> dict[str, str]:
    """The arguments that a library's Dockerfile declares; Docker warns of others."""
    return {name: value for name, value in given.items() if name in ("BASE", "TOOLS", "COMMON")}


def _labels(known: Library, base: str) -> list[str]:
    """Labels as options: they change with every commit, so in a Dockerfile they would void the cache of its steps."""
    return [part for name, value in labels(known, base).items() for part in ("--label", f"{name}={value}")]


def _options(given: Mapping[str, str]) -> list[str]:
    return [part for name, value in given.items() for part in ("--build-arg", f"{name}={value}")]


def _docker_build(docker: str, options: Sequence[str], context: Path) -> int:
    command = [docker, "build", "--progress", "plain", *options, str(context)]
    print(f"\n$ docker build {' '.join(options)} {context.relative_to(ROOT)}", flush=True)
    return subprocess.run(command, env={**os.environ, "DOCKER_BUILDKIT": "1"}, check=False).returncode
