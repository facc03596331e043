"""The Python image that builds start from: the public one, or one made by debootstrap where that cannot be pulled."""

from __future__ import annotations

from dataclasses import dataclass

from docker import DockerClient
from docker.errors import APIError

from . import apt, debootstrap
from .bases import python_image
from .image_store import has_image, import_image


@dataclass(frozen=True)
class BaseImage:
    """The image to build on, and why that one."""

    name: str
    reason: str


def choose_base_image(client: DockerClient) -> BaseImage:
    """The default of common/Dockerfile where it is here or can be pulled, else one made by debootstrap.

    Raises SystemExit that says what to do where neither is possible.
    """
    name = python_image()
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


def why_not_pullable(client: DockerClient, name: str) -> str | None:
    """None where the image's registry offers it to the engine, else the engine's error."""
    try:
        client.images.get_registry_data(name)
    except (APIError, OSError) as error:  # OSError: no answer within the client's timeout
        return str(error.explanation if isinstance(error, APIError) else error)
    return None


def debootstrap_image(client: DockerClient) -> str:
    """The name of an image of the default's release of Debian, made once by debootstrap and kept."""
    release = python_image().rpartition("-")[2].partition("@")[0]
    archive = debootstrap.archive(release)
    name = f"inference-python:{archive.parent.name}"
    if not has_image(client, name):
        import_image(archive, name, debootstrap.VARIABLES)
    return name
