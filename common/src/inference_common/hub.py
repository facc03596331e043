"""HubSource: a model of the Hub. What is known of it without its weights, and its files, by way of the local cache."""

from __future__ import annotations

import functools
import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from huggingface_hub import HfApi, constants, get_session, get_token, hf_hub_download, hf_hub_url, snapshot_download
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import hf_raise_for_status

from . import free_space, hub_cache
from .card import MAX_CARD_BYTES, ModelCard, name_of, parse_card, read_card
from .errors import HubUnavailable, InvalidRequest, TooLarge
from .hub_client import call_limit, install
from .hub_download import fetch
from .hub_errors import hub_error
from .units import MIB

ANSWER_SECONDS = 10.0  # that all calls to the Hub about one model may take, its files not counted
MAX_ANSWER_BYTES = 2**24  # of the Hub's answers about one model: some 80,000 files
MAX_FILES = 5000  # of one model; those with the most have some hundred
MAX_OTHER_FILES = 200  # that are not fetched at first, and are remembered
MAX_OTHER_RATIO = 4  # of another form of a model's weights, such as ONNX's, to the bytes of all that is fetched
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PLAIN = {"accept-encoding": "identity"}  # so that the bytes counted are the bytes read


@dataclass(frozen=True)
class Resolved:
    """What is known of a model before its weights are fetched: its commit, its card, the size in bytes of each file
    that would be, whether only some accounts may read it, and the sizes of `other` files, which may be asked for."""

    commit: str
    card: ModelCard
    sizes: Mapping[str, int]
    private: bool = False
    gated: bool = False
    other: Mapping[str, int] = field(default_factory=dict)

    @property
    def total_bytes(self) -> int:
        """Bytes of all files that are fetched."""
        return sum(self.sizes.values())


class HubSource:
    """A repository of the Hub, at a revision, through the Hub client's own cache.

    `endpoint` and `cache` default to the client's (`HF_ENDPOINT`, `HF_HOME`); offline mode is its `HF_HUB_OFFLINE`. The
    Hub is not asked again for what was `resolved` before.
    """

    def __init__(
        self,
        repo_id: str,
        revision: str | None = None,
        token: str | None = None,
        *,
        endpoint: str | None = None,
        cache: Path | None = None,
        resolved: Resolved | None = None,
    ) -> None:
        self.name, self._asked, self._token = repo_id, revision, token
        self._endpoint = endpoint
        self._cache = Path(cache or constants.HF_HUB_CACHE).expanduser()
        self.revision = revision if resolved is None else resolved.commit
        self._resolved = resolved
        self._one_at_a_time = threading.Lock()
        install()

    def __reduce__(self) -> tuple[Callable[..., HubSource], tuple[object, ...]]:
        """For the process of a model; the Hub is not asked again there."""
        known = functools.partial(HubSource, endpoint=self._endpoint, cache=self._cache, resolved=self._resolved)
        return known, (self.name, self._asked, self._token)

    def resolve(self) -> Resolved:
        """What the Hub says of this revision; where it does not answer, what the cache has, if that is whole.

        Asked once: the commit stays the same for as long as this source lives. Takes ANSWER_SECONDS at most.
        Raises InvalidRequest, NotFound, Unauthorized, Forbidden, HubUnavailable.
        """
        with self._one_at_a_time:
            if self._resolved is None:
                try:
                    self._resolved = self._look()
                except Exception as error:
                    raise hub_error(error, self.name, self._asked) from error
                self.revision = self._resolved.commit
            return self._resolved

    def path(self) -> Path:
        resolved = self.resolve()
        if not hub_cache.has_model_files(resolved.sizes):
            raise InvalidRequest(f"{self.name} has no files that a model could be loaded from; name another model")
        if len(resolved.sizes) > MAX_FILES:
            raise TooLarge(
                f"{self.name} has {len(resolved.sizes):,} files, and models here at most {MAX_FILES:,}; name another"
            )
        try:
            is_whole = hub_cache.whole_files(self._cache, self.name, resolved.commit) is not None
            who = {"private": resolved.private, "gated": resolved.gated}
            hub_cache.record(self._cache, self.name, resolved.commit, **who, task=resolved.card.task)
            if not is_whole:
                self._download(resolved)
        except Exception as error:
            raise hub_error(error, self.name, self._asked) from error
        hub_cache.remember(self._cache, self.name, self._asked, resolved.commit)
        return hub_cache.snapshot(self._cache, self.name, resolved.commit)

    def missing_bytes(self) -> int:
        """Bytes that `path` is about to fetch; none where all files are in the cache."""
        resolved = self.resolve()
        return hub_cache.missing_bytes(self._cache, self.name, resolved.commit, resolved.sizes)

    def file(self, name: str, *, cached_only: bool = False) -> Path | None:
        try:
            resolved = self.resolve()
            known = hub_cache.snapshot(self._cache, self.name, resolved.commit) / name
            if known.is_file() or cached_only:
                return known if known.is_file() else None
            size = {**resolved.sizes, **resolved.other}.get(name)
            if size is None or size > MAX_OTHER_RATIO * resolved.total_bytes + MIB:
                return None
            free_space.require(self._cache, self.name, size)
            found: str = hf_hub_download(
                self.name,
                name,
                revision=resolved.commit,
                token=self._token,
                endpoint=self._endpoint,
                cache_dir=self._cache,
            )
            return Path(found)
        except Exception:  # whatever the client meets: a file that may be left out stops no model
            return None

    def card(self) -> ModelCard:
        return self.resolve().card

    def _look(self) -> Resolved:
        try:
            with call_limit(ANSWER_SECONDS, MAX_ANSWER_BYTES):
                return self._ask()
        except Exception as error:
            failure = hub_error(error, self.name, self._asked)
            if not isinstance(failure, HubUnavailable):  # the Hub's own refusal
                raise failure from error
            cached = self._look_in_cache()
            if cached is None:
                raise failure from error
            return cached

    def _ask(self) -> Resolved:
        api = HfApi(endpoint=self._endpoint, token=self._token, headers=_PLAIN)
        info = api.model_info(self.name, revision=self._asked, files_metadata=True, timeout=ANSWER_SECONDS)
        if not _COMMIT.fullmatch(info.sha or ""):
            raise HubUnavailable(f"The Hub told no commit of {self.name}; check HF_ENDPOINT")
        listed = {one.rfilename: max(0, one.size or 0) for one in info.siblings or ()}
        sizes = hub_cache.wanted(listed)
        assert info.sha is not None
        card = self._fetch_card(info.sha) if "README.md" in sizes else ModelCard()
        card = _with_task(card, name_of(info.pipeline_tag))
        other = dict(itertools.islice(((name, listed[name]) for name in listed if name not in sizes), MAX_OTHER_FILES))
        return Resolved(info.sha, card, sizes, bool(info.private), bool(info.gated), other)

    def _fetch_card(self, commit: str) -> ModelCard:
        """The card alone; no more of a README is read than a card may take."""
        folder = hub_cache.snapshot(self._cache, self.name, commit)
        if (folder / "README.md").is_file():
            return read_card(folder)
        url = hf_hub_url(self.name, "README.md", revision=commit, endpoint=self._endpoint)
        headers = build_hf_headers(token=self._token, headers=_PLAIN)
        text = bytearray()
        with get_session().stream("GET", url, headers=headers, timeout=ANSWER_SECONDS) as answer:
            hf_raise_for_status(answer)
            for chunk in answer.iter_bytes():
                text += chunk
                if len(text) >= MAX_CARD_BYTES:
                    break
        return parse_card(bytes(text[:MAX_CARD_BYTES]).decode("utf-8-sig", errors="replace"))

    def _look_in_cache(self) -> Resolved | None:
        """What the cache has of this revision, if that is whole; where it was never told who may read it, a token that
        is set may be what opened it."""
        commit = hub_cache.commit_of(self._cache, self.name, self._asked)
        sizes = hub_cache.whole_files(self._cache, self.name, commit) if commit else None
        if commit is None or sizes is None:
            return None
        card = read_card(hub_cache.snapshot(self._cache, self.name, commit))
        known = hub_cache.read_record(self._cache, self.name, commit)
        if known is None:
            return Resolved(commit, card, sizes, private=(self._token or get_token()) is not None)
        return Resolved(commit, _with_task(card, known.task), sizes, known.private, known.gated)

    def _download(self, resolved: Resolved) -> None:
        def call() -> None:
            snapshot_download(
                self.name,
                revision=resolved.commit,
                token=self._token,
                endpoint=self._endpoint,
                cache_dir=self._cache,
                ignore_patterns=hub_cache.ignored(resolved.sizes),
            )

        hub_cache.remove_damaged(self._cache, self.name, resolved.commit, resolved.sizes)
        fetch(call, self._cache, self.name, self.missing_bytes())


def _with_task(card: ModelCard, task: str | None) -> ModelCard:
    """A card that names its task itself, else the one that the Hub does."""
    return replace(card, task=task) if card.task is None else card
