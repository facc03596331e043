"""The one reader of docker_images/: a folder is a library, a file of its pipelines a task.

A folder in a library's that has a Dockerfile of its own is a variant of it: the same app on other requirements.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from inference_common.discover import tasks_in

from .suggest import unknown

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docker_images"


@dataclass(frozen=True)
class Library:
    """One library; `name` is its folder's, with `_` where the Hub writes `-`. `folder` holds its requirements."""

    name: str
    folder: Path

    @property
    def hub_name(self) -> str:
        """The Hub's `library_name`."""
        return self.name.replace("_", "-")

    @property
    def tasks(self) -> list[str]:
        """The tasks it answers, from its file names."""
        return tasks_in(self.context / "app" / "pipelines")

    @property
    def context(self) -> Path:
        """The folder that holds its app and that its image is built from; of a variant, the library's own."""
        return self.folder.parent if self.folder.parent.parent == IMAGES else self.folder

    @property
    def image(self) -> str:
        """Its image's name."""
        return f"inference-{self.hub_name}"

    @property
    def base(self) -> str:
        """The image it stands on, from its Dockerfile's first argument."""
        found = re.search(r"^ARG BASE=(\S+)$", (self.folder / "Dockerfile").read_text(), re.MULTILINE)
        if found is None:
            raise SystemExit(f"{self.folder / 'Dockerfile'} must begin with ARG BASE=inference-base or inference-torch")
        return found[1]

    @property
    def lock(self) -> Path:
        """Its locked requirements."""
        return self.folder / "requirements.txt"

    @property
    def torch_family(self) -> Path:
        """What its lock leaves out beside torch, whose builds must be of torch's kind: torchvision. May be missing."""
        return self.folder / "torch.txt"

    @property
    def needs_torch(self) -> bool:
        """Whether torch, whose build is chosen at install, goes beside the lock."""
        return self.base == "inference-torch"

    def models(self) -> ModuleType:
        """Its models.py, whose top level imports the standard library only."""
        spec = importlib.util.spec_from_file_location(f"{self.name}_models", self.folder / "models.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def libraries() -> list[Library]:
    """Every library, by name; each followed by its variants."""
    folders = [folder for folder in sorted(IMAGES.iterdir()) if (folder / "app").is_dir()]
    parts = [part for folder in folders for part in (folder, *(file.parent for file in folder.glob("*/Dockerfile")))]
    return [Library("_".join(part.relative_to(IMAGES).parts), part) for part in parts]


def library(name: str) -> Library:
    """The library of a name, written as its folder or as on the Hub. Raises SystemExit that names the nearest."""
    for known in libraries():
        if name in (known.name, known.hub_name):
            return known
    raise SystemExit(unknown("library", name, [known.hub_name for known in libraries()]))
