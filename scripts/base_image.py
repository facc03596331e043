"""The Python image that builds start from: the public one, or one made by debootstrap where that cannot be pulled."""

from __future__ import annotations

import re
import shutil
import ssl
from dataclasses import dataclass
from pathlib import Path

from docker import DockerClient
from docker.errors import APIError

from . import apt, progress
from .cache import cache, digest, made
from .image_store import has_image, import_image
from .images import ROOT

DOCKERFILE = ROOT / "common" / "Dockerfile"
PACKAGES = ("debootstrap", "debian-archive-keyring")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Debian's file of certificate authorities, inside the image."""
INCLUDED = ("ca-certificates", "python3", "python3-venv")
VARIABLES = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PIP_CERT": BUNDLE, "SSL_CERT_FILE": BUNDLE}
LEFT_OUT = ("usr/share/info", "usr/share/locale", "usr/share/man", "var/lib/apt/lists", "var/cache/apt")
"""Folders emptied, as Debian's own slim images do."""


@dataclass(frozen=True)
class BaseImage:
    """The image to build on, and why that one."""

    name: str
    reason: str


def choose_base_image(client: DockerClient) -> BaseImage:
    """The default of common/Dockerfile where it is here or can be pulled, else one made by debootstrap.

    Raises SystemExit that says what to do where neither is possible.
    """
    name = default_base_image()
    if has_image(client, name):
        return BaseImage(name, "which the engine has")
    problem = why_not_pullable(client, name)
    if problem is None:
        return BaseImage(name, "from its registry")
    if not apt.can_install():
        raise SystemExit(
            f"The base image {name} cannot be pulled ({problem}), and only root on Debian or Ubuntu can make one with "
            "debootstrap; name an image that the engine has or can pull: --build-arg PYTHON_IMAGE=NAME"
        )
    return BaseImage(debootstrap_image(client), f"made by debootstrap, since {name} cannot be pulled ({problem})")


def default_base_image() -> str:
    """What common/Dockerfile starts from, unless it is given another."""
    found = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert found is not None
    return found[1]


def why_not_pullable(client: DockerClient, name: str) -> str | None:
    """None where the image's registry offers it to the engine, else the engine's error."""
    try:
        client.images.get_registry_data(name)
    except (APIError, OSError) as error:  # OSError: no answer within the client's timeout
        return str(error.explanation if isinstance(error, APIError) else error)
    return None


def debootstrap_image(client: DockerClient) -> str:
    """The name of a Debian image with Python and this machine's certificate authorities, made once and kept."""
    release = default_base_image().rpartition("-")[2].partition("@")[0]
    bundle = Path(ssl.get_default_verify_paths().cafile or BUNDLE)
    key = digest([release.encode(), bundle.read_bytes(), Path(__file__).read_bytes()])
    folder = cache() / "base" / key
    with made(folder) as missing:
        if missing:
            if shutil.which("debootstrap") is None:
                apt.install(PACKAGES)
            folder.mkdir()
            with progress.step(f"Making a base image of Debian {release} with debootstrap (once)"):
                _make_archive(folder / "root.tar", release, bundle)
    if not has_image(client, name := f"inference-python:{key}"):
        import_image(folder / "root.tar", name, VARIABLES)
    return name


def _make_archive(archive: Path, release: str, bundle: Path) -> None:
    root = archive.with_name("root")
    options = ["--variant=minbase", "--force-check-gpg", f"--include={','.join(INCLUDED)}"]
    progress.run(["debootstrap", *options, release, root, *apt.mirrors(release)[:1]])
    shutil.copy(bundle, f"{root}{BUNDLE}")
    _leave_out(root)
    progress.run(["tar", "-C", root, "-c", "-f", archive, "."])
    shutil.rmtree(root)


def _leave_out(root: Path) -> None:
    for folder in LEFT_OUT:
        shutil.rmtree(root / folder)
        (root / folder).mkdir()
    for file in (root / "usr/share/doc").rglob("*"):
        if not file.is_dir() and file.name != "copyright":
            file.unlink()
