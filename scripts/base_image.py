"""The Python image that builds start from: the public one, or one made by debootstrap where that cannot be pulled."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import docker
from docker import DockerClient
from docker.errors import APIError, ImageNotFound

from . import apt
from .docker_cli import buildkit_docker
from .envs import cache, digest, made
from .images import ROOT

DOCKERFILE = ROOT / "common" / "Dockerfile"
PACKAGES = ("debootstrap", "debian-archive-keyring")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Debian's file of certificate authorities, inside the image."""
INCLUDED = ("ca-certificates", "python3", "python3-venv")
VARIABLES = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PIP_CERT": BUNDLE, "SSL_CERT_FILE": BUNDLE}
LEFT_OUT = ("usr/share/info", "usr/share/locale", "usr/share/man", "var/lib/apt/lists", "var/cache/apt")
"""Folders emptied, as Debian's own slim images do."""
PROBE_SECONDS = 30  # to ask the registry, by the engine, whether it has the image
SHOWN_LINES = 20  # of debootstrap's output, where it fails


@dataclass(frozen=True)
class BaseImage:
    """The image to build on, and why that one."""

    name: str
    reason: str


def choose_base_image() -> BaseImage:
    """The default of common/Dockerfile where it is here or can be pulled, else one made by debootstrap.

    Raises SystemExit that says what to do where neither is possible.
    """
    name = default_base_image()
    with docker.from_env(timeout=PROBE_SECONDS) as client:
        if has_image(client, name):
            return BaseImage(name, "it is here")
        problem = why_not_pullable(client, name)
    if problem is None:
        return BaseImage(name, "from its registry")
    if not apt.can_install():
        raise SystemExit(
            f"The base image {name} cannot be pulled ({problem}), and only root on Debian or Ubuntu can make one with "
            "debootstrap; name an image that is here or can be pulled: --build-arg PYTHON_IMAGE=NAME"
        )
    return BaseImage(debootstrap_image(), f"made by debootstrap, as {name} cannot be pulled: {problem}")


def default_base_image() -> str:
    """What common/Dockerfile starts from, unless it is given another."""
    found = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def has_image(client: DockerClient, name: str) -> bool:
    """Whether the engine has an image of this name."""
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def why_not_pullable(client: DockerClient, name: str) -> str | None:
    """None where the image's registry offers it to the engine, else the engine's error."""
    try:
        client.images.get_registry_data(name)
    except (APIError, OSError) as error:  # OSError: the engine did not answer within the client's timeout
        return str(error.explanation if isinstance(error, APIError) else error)
    return None


def debootstrap_image() -> str:
    """The name of a Debian image with Python and this machine's certificate authorities, made once and kept."""
    release = default_base_image().rpartition("-")[2].partition("@")[0]
    bundle = Path(ssl.get_default_verify_paths().cafile or BUNDLE)
    read = [release, *INCLUDED, *VARIABLES.values(), *LEFT_OUT, Path(__file__).read_text()]
    key = digest([*(text.encode() for text in read), bundle.read_bytes()])
    folder = cache() / "base" / key
    with made(folder) as missing:
        if missing:
            print(f"Making a base image of Debian {release} with debootstrap (once; two minutes) ...", flush=True)
            folder.mkdir()
            _make_archive(folder / "root.tar", release, bundle)
    return import_image(folder / "root.tar", f"inference-python:{key}", VARIABLES)


def import_image(archive: Path, name: str, variables: dict[str, str] | None = None) -> str:
    """The name, once the engine has an image of it that holds the archive's files."""
    with docker.from_env() as client:
        if has_image(client, name):
            return name
    changes = [part for key, value in (variables or {}).items() for part in ("--change", f"ENV {key}={value}")]
    command = [buildkit_docker(), "import", *changes, str(archive), name]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return name


def _make_archive(archive: Path, release: str, bundle: Path) -> None:
    if shutil.which("debootstrap") is None:
        apt.install(PACKAGES)
    root = archive.with_name("root")
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(INCLUDED)}", release, str(root)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        shown = "\n".join(done.stdout.splitlines()[-SHOWN_LINES:])
        raise SystemExit(f"`{' '.join(command)}` failed with exit status {done.returncode}:\n{shown}")
    shutil.copy(bundle, f"{root}{BUNDLE}")
    _leave_out(root)
    subprocess.run(["tar", "-C", str(root), "-c", "-f", str(archive), "."], check=True)
    shutil.rmtree(root)


def _leave_out(root: Path) -> None:
    for folder in LEFT_OUT:
        shutil.rmtree(root / folder)
        (root / folder).mkdir()
    for file in (root / "usr/share/doc").rglob("*"):
        if not file.is_dir() and file.name != "copyright":
            file.unlink()
