"""Whose a revision is: the owner's of a repository, or of anybody who may open a pull request."""

from __future__ import annotations

import fnmatch
import itertools
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError

from . import hub_api
from .errors import HubUnavailable

DEFAULT_BRANCH = "main"
MAX_COMMITS = 1000  # of a default branch that are looked through
MAX_SECONDS = 30.0  # for all of the Hub's answers to one question
_OWNERS_REFS = ("refs/heads/", "refs/tags/")


def is_others_ref(revision: str) -> bool:
    """Whether a revision is, by its name alone, one that others than the owner can write: `refs/pr/7`, `refs/convert/x`
    and whatever else is neither a branch nor a tag under `refs/`."""
    return revision.startswith("refs/") and not revision.startswith(_OWNERS_REFS)


def is_owners_commit(name: str, revision: str, commit: str, *, token: str | None = None) -> bool | None:
    """Whether a repository's owner published what a `revision` resolved to.

    That is so where the revision is the name of a branch or tag, where the commit is what one of them points to, or
    where it is among the last MAX_COMMITS of the default branch. A pull request's commit is none of these before it is
    merged, though the Hub gives it to whoever asks by its hash. An older commit of another branch counts as others',
    too: the safe side. None: offline, nothing can be asked.

    Blocks for at most MAX_SECONDS and one answer. Raises HubUnavailable where the Hub does not say.
    """
    if constants.HF_HUB_OFFLINE:
        return None
    until = time.monotonic() + MAX_SECONDS
    try:
        refs = hub_api.ask(f"{name}/refs", token=token)
        published = [ref for kind in ("branches", "tags") for ref in refs[kind]]
        if any(revision in (ref["name"], ref["ref"]) or commit == ref["targetCommit"] for ref in published):
            return True
        commits = itertools.chain.from_iterable(_pages(f"{name}/commits/{DEFAULT_BRANCH}", token, until))
        return any(one["id"] == commit for one in itertools.islice(commits, MAX_COMMITS))
    except Exception as error:
        reason = error.response.status_code if isinstance(error, HfHubHTTPError) else type(error).__name__
        raise HubUnavailable(
            f"The Hub did not say whose the revision {revision!r} of {name} is ({reason}); try again later, or ask for"
            f" {name} without a revision"
        ) from None


def _pages(path: str, token: str | None, until: float) -> Iterator[Any]:
    for page in hub_api.pages(path, token=token):
        yield page
        if time.monotonic() > until:
            raise TimeoutError


class Patterns:
    """Patterns of models, with commas: `org/*`, `org/name@v1`, `org/*@main`.

    One without a revision matches any; one with a revision matches the branch, tag or commit that was asked for, where
    none was asked for the default branch, `main`.
    """

    def __init__(self, patterns: str) -> None:
        self._patterns: Sequence[tuple[str, str]] = [
            (name, revision)
            for pattern in patterns.split(",")
            if pattern.strip()
            for name, _, revision in [pattern.strip().partition("@")]
        ]

    def match(self, name: str, revision: str | None, commit: str) -> bool:
        """Whether one of them matches a model's name, and the revision asked for or its commit."""
        asked = _short(revision or DEFAULT_BRANCH)
        return any(
            fnmatch.fnmatchcase(name, wanted)
            and (not at or fnmatch.fnmatchcase(asked, at) or fnmatch.fnmatchcase(commit, at))
            for wanted, at in self._patterns
        )


def _short(revision: str) -> str:
    return re.sub(r"^refs/(heads|tags)/", "", revision)
