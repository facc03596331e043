"""The libraries that a submission changes, by git."""

from __future__ import annotations

from pathlib import Path

from ..git import git

BASES = ("origin/HEAD", "origin/main", "main", "HEAD^")


def changed_folders(root: Path, parent: str) -> set[str]:
    """The names of the folders directly in `parent`, a path below the root, that hold a change: since this branch left
    the main one or, on the main branch, since the commit before. Empty where git knows neither commit."""
    for base in BASES:
        fork = git(root, "merge-base", base, "HEAD")
        if fork and fork != git(root, "rev-parse", "HEAD"):
            paths = git(root, "diff", "--name-only", fork, "--", parent).splitlines()
            return {path.removeprefix(f"{parent}/").partition("/")[0] for path in paths}
    return set()
