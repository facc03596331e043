"""Whose a revision is: the owner's of a repository, or of anybody who may open a pull request."""

from __future__ import annotations

import fnmatch
import itertools
import re
from collections.abc import Sequence

from huggingface_hub import HfApi, constants
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._pagination import paginate

from .errors import HubUnavailable
from .hub_client import call_limit

DEFAULT_BRANCH = "main"
MAX_COMMITS = 1000  # of a default branch that are looked through
MAX_SECONDS, MAX_ANSWER_BYTES = 30.0, 2**24  # of all that the Hub is asked about who published one revision
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

    Blocks for MAX_SECONDS at most. Raises HubUnavailable where the Hub does not say.
    """
    if constants.HF_HUB_OFFLINE:
        return None
    try:
        with call_limit(MAX_SECONDS, MAX_ANSWER_BYTES):
            refs = HfApi(token=token).list_repo_refs(name)
            published = [*refs.branches, *refs.tags]
            if any(revision in (ref.name, ref.ref) or commit == ref.target_commit for ref in published):
                return True
            url = f"{constants.ENDPOINT}/api/models/{name}/commits/{DEFAULT_BRANCH}"
            commits = paginate(url, params={}, headers=build_hf_headers(token=token))
            return any(one["id"] == commit for one in itertools.islice(commits, MAX_COMMITS))
    except Exception as error:
        reason = error.response.status_code if isinstance(error, HfHubHTTPError) else type(error).__name__
        raise HubUnavailable(
            f"The Hub did not say whose the revision {revision!r} of {name} is ({reason}); try again later, or ask for"
            f" {name} without a revision"
        ) from None


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
