"""Revisions: which commit a name stands for, whose it is, and whether its files are trusted to run code."""

from __future__ import annotations

from huggingface_hub import constants, get_token

from .errors import Forbidden, HubUnavailable, NotFound
from .hub import HubSource, Resolved
from .loader import untrusted
from .lookups import Revision
from .owners import Patterns, is_others_ref, is_owners_commit
from .settings import Settings
from .source import hub_source
from .visibility import no_such_model


class Revisions:
    """Those of the models that callers name, as the settings allow them."""

    def __init__(self, settings: Settings) -> None:
        self._allows_others = settings.allow_pull_requests
        self._trusted = Patterns(settings.trusted_models)
        self._has_key = settings.api_key is not None
        self._token = None if settings.hf_token is None else settings.hf_token.get_secret_value()

    @property
    def has_token(self) -> bool:
        """Whether this server opens private models."""
        return bool(self._token or get_token())

    def source(self, name: str, revision: str | None = None, resolved: Resolved | None = None) -> HubSource:
        """The repository of a name. Raises InvalidRequest."""
        return hub_source(name, revision=revision, token=self._token, resolved=resolved)

    def resolve(self, name: str) -> Revision:
        """What a name stands for; blocks. Raises InvalidRequest, NotFound, Forbidden, HubUnavailable."""
        source = self.source(name)
        asked = source.revision
        if asked is None:
            return Revision(source.name, None, self._resolved(source), is_owners=True)
        if is_others_ref(asked) and not self._allows_others:
            raise _others(source.name, asked)
        resolved = self._resolved(source)
        try:
            is_owners = is_owners_commit(source.name, asked, resolved.commit, token=self._token)
        except HubUnavailable:
            if source.missing_bytes():
                raise
            is_owners = None  # it was fetched before, and then it was allowed
        if is_owners is False and not self._allows_others:
            raise _others(source.name, asked)
        return Revision(source.name, asked, resolved, is_owners)

    def _resolved(self, source: HubSource) -> Resolved:
        try:
            return source.resolve()
        except NotFound:
            if source.revision is not None:  # there may be a model, without that revision
                raise
        except HubUnavailable:
            if not (constants.HF_HUB_OFFLINE and self.has_token) or self._has_key:
                raise  # else it tells no more than of a model that the caller may not see
        raise no_such_model(source.name)

    def is_trusted(self, revision: Revision) -> bool:
        """Whether a pattern matches it; whose it is, is another question."""
        return self._trusted.match(revision.name, revision.asked, revision.resolved.commit)

    def check_trust(self, revision: Revision) -> None:
        """Raises Forbidden, or HubUnavailable where it is not known whose it is."""
        name, asked = revision.name, revision.asked
        if revision.is_owners is False or not self.is_trusted(revision):
            raise untrusted(name)
        if revision.is_owners is None:
            raise HubUnavailable(
                f"The files of {name} can run code as they are read, and the Hub cannot be asked whether its owner"
                f" published the revision {asked!r}; try again later, or ask for {name} without a revision"
            )


def _others(name: str, revision: str) -> Forbidden:
    return Forbidden(
        f"The revision {revision!r} of {name} is not its owner's: others can write it, as they can a pull request; ask"
        " for a branch, a tag or a commit of main, or set ALLOW_PULL_REQUESTS on the server"
    )
