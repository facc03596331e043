"""`show`: the libraries there are, what each answers, whether its lock is fresh, and how large its image is."""

from __future__ import annotations

import argparse
import contextlib
import json
from typing import TypedDict

import docker
from docker.errors import DockerException, ImageNotFound

from .images import Library, libraries
from .lock import of_library


class Row(TypedDict):
    """One library; `image_bytes` is None where its image is not built, or no Docker engine answers."""

    library: str
    tasks: list[str]
    lock: str
    image: str
    image_bytes: int | None


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("show", help="list the libraries, their tasks, locks and images")
    verb.add_argument("--json", action="store_true", help="for a program")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    sizes = _image_sizes(libraries())
    rows = [
        Row(library=k.hub_name, tasks=k.tasks, lock=of_library(k).state, image=k.image, image_bytes=sizes.get(k.image))
        for k in libraries()
    ]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        built = "not built" if row["image_bytes"] is None else f"{row['image_bytes'] / 1e6:,.0f} MB"
        print(f"{row['library']}  (lock: {row['lock']}; image {row['image']}: {built})")
        for task in row["tasks"]:
            print(f"  {task}")
    return 0


def _image_sizes(known: list[Library]) -> dict[str, int]:
    """The sizes of the images that are built; none where no Docker engine answers."""
    found = {}
    try:
        with contextlib.closing(docker.from_env()) as client:
            for one in known:
                with contextlib.suppress(ImageNotFound):
                    found[one.image] = int(client.images.get(one.image).attrs["Size"])
    except DockerException:
        return {}
    return found
