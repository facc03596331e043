"""The base images that Dockerfiles name, each pinned by the digest of its index of platforms."""

from __future__ import annotations

import re
from pathlib import Path

from docker import DockerClient
from docker.errors import APIError

from .containers import engine
from .images import ROOT

PLATFORMS = frozenset({"linux/amd64", "linux/arm64"})
"""The platforms that images are released for, and that a base image must have."""
PYTHON_IMAGE = "PYTHON_IMAGE"
_PINNED = re.compile(r"^ARG (?P<argument>\w*IMAGE)=(?P<name>[^\s@]+)@(?P<digest>sha256:[0-9a-f]{64})$", re.MULTILINE)


def dockerfiles() -> list[Path]:
    """The Dockerfiles that begin from an image of a registry."""
    return sorted(file for file in ROOT.glob("*/Dockerfile") if _PINNED.search(file.read_text()))


def python_image() -> str:
    """The base of every library's image, as `name:tag@digest`."""
    for found in _PINNED.finditer((ROOT / "common" / "Dockerfile").read_text()):
        if found["argument"] == PYTHON_IMAGE:
            return f"{found['name']}@{found['digest']}"
    raise SystemExit(f"common/Dockerfile must hold: ARG {PYTHON_IMAGE}=NAME:TAG@sha256:...")


def renew(file: Path) -> None:
    """Write the digests that the registries have now into a Dockerfile, and print each one.

    Raises SystemExit, and leaves the file as it was, where a registry gives no digest or its image lacks a platform.
    """
    client = engine()

    def replaced(found: re.Match[str]) -> str:
        digest = current_digest(client, found["name"])
        print(f"{found['name']}: {found['digest']}{'' if digest == found['digest'] else f' -> {digest}'}", flush=True)
        return f"ARG {found['argument']}={found['name']}@{digest}"

    try:
        text = _PINNED.sub(replaced, file.read_text())
    finally:
        client.close()
    file.write_text(text)


def current_digest(client: DockerClient, name: str) -> str:
    """The digest of the index that a registry has under `name:tag`. Raises SystemExit that says why there is none."""
    try:
        data = client.images.get_registry_data(name)
    except APIError as error:
        raise SystemExit(
            f"The registry of {name} gives no digest ({error.explanation}); check the name and the network."
        ) from None
    offered = {f"{platform['os']}/{platform['architecture']}" for platform in data.attrs["Platforms"] or ()}
    if missing := PLATFORMS - offered:
        raise SystemExit(f"{name} is not offered for {', '.join(sorted(missing))}; name another tag in the Dockerfile.")
    return str(data.id)
