"""The labels of a library's image (`org.opencontainers.image.*`): title, version, base image, commit."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

from .bases import python_image
from .git import git
from .images import ROOT, Library

PREFIX = "org.opencontainers.image."


def labels(known: Library, base: str | None = None) -> Mapping[str, str]:
    """Every label that is known; `base` is the reference of another base image than the Dockerfile's."""
    values = {**of_library(known), **of_base(base or python_image()), **of_commit()}
    return {f"{PREFIX}{name}": value for name, value in values.items() if value}


def of_library(known: Library) -> Mapping[str, str]:
    """Without the prefix: the labels that the folder decides."""
    project = tomllib.loads((ROOT / "common" / "pyproject.toml").read_text())["project"]
    return {
        "title": known.image,
        "description": f"Inference API for models of {known.hub_name}",
        "licenses": project["license"],
        "version": project["version"],
    }


def of_base(reference: str) -> Mapping[str, str]:
    """Without the prefix: the labels of a base image's `name:tag@digest`, whose digest may be missing."""
    name, _, digest = reference.partition("@")
    return {"base.name": name, "base.digest": digest}


def of_commit() -> Mapping[str, str]:
    """Without the prefix: the labels that git knows. The time is the commit's, so that equal builds have equal labels;
    a revision with changes that are not committed ends with `-dirty`."""
    revision, source = git(ROOT, "rev-parse", "HEAD"), _web_address(git(ROOT, "remote", "get-url", "origin"))
    changed = "-dirty" if git(ROOT, "status", "--porcelain") else ""
    return {
        "revision": f"{revision}{changed}" if revision else "",
        "created": git(ROOT, "show", "--no-patch", "--format=%cI", "HEAD"),
        "source": source,
        "documentation": f"{source}#readme" if source else "",
    }


def _web_address(remote: str) -> str:
    """The https address of a remote, without credentials; empty where it has none."""
    found = re.match(r"(?:https://|ssh://)?(?:[^@/]+@)?([\w.-]+\.[a-z]+)(?::\d+)?[:/]([\w./-]+?)(?:\.git)?/?$", remote)
    return f"https://{found[1]}/{found[2]}" if found else ""
