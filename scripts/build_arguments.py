"""The build arguments of common/Dockerfile: those that the user sets, else chosen by what this machine can reach."""

from __future__ import annotations

import contextlib
import os
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import docker
from docker import DockerClient

from .base_image import BaseImage, choose_base_image
from .image_store import has_image, import_image
from .stages import ARGUMENTS
from .torch_builds import TorchBuilds, torch_builds

PROBE_SECONDS = 30  # for an image registry to answer the engine


def build_arguments(given: Mapping[str, str]) -> dict[str, str]:
    """The arguments of a build; prints one line for each choice made here."""
    arguments = {name: os.environ[name] for name in ARGUMENTS if name in os.environ} | dict(given)
    with contextlib.closing(docker.from_env(timeout=PROBE_SECONDS)) as client:
        named = arguments.get("PYTHON_IMAGE")
        base = BaseImage(named, "as PYTHON_IMAGE says") if named else choose_base_image(client)
        print(f"Base image: {base.name}, {base.reason}.", flush=True)
        arguments["PYTHON_IMAGE"] = base.name
        if "WHEELS" not in arguments and "TORCH_BACKEND" not in arguments:
            builds = torch_builds()
            print(builds.reason, flush=True)
            arguments["TORCH_BACKEND"] = builds.backend
            if builds.wheels is not None:
                arguments["WHEELS"] = wheels_image(client, builds)
    return arguments


def wheels_image(client: DockerClient, builds: TorchBuilds) -> str:
    """The name of an image of the builds' wheel folder, made once: builds mount images, not folders of this machine."""
    assert builds.wheels is not None
    name = f"inference-wheels:{builds.key}"
    if not has_image(client, name):
        with tempfile.TemporaryDirectory() as folder:
            archive = Path(folder) / "wheels.tar"
            with tarfile.open(archive, "w", dereference=True) as files:
                for wheel in sorted(builds.wheels.glob("*.whl")):
                    files.add(wheel, wheel.name)
            import_image(archive, name, {})
    return name
