"""OnDemand: any model of the library, each loaded into a process when it is asked for; as many as fit in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog
from anyio import CapacityLimiter

from . import memory
from .discover import Pipelines
from .disk import Disk
from .errors import Forbidden, HubUnavailable, InferenceError, InvalidRequest, ModelLoading, NotFound
from .lookups import Known, Lookups, Revision
from .owners import Patterns
from .processes.child import Order
from .processes.facts import Facts, LibraryFacts
from .processes.forkserver import ForkServer
from .processes.metrics import Joined
from .processes.optimizer import Optimizer
from .processes.remote import RemoteModel
from .processes.watch import MemoryWatch
from .registry import Registry
from .residency import Memory
from .revisions import Revisions
from .routes.inference import holds
from .settings import Settings
from .visibility import Visibility

PRIVATE = "private"  # what metrics, which all may read, call models whose repositories are private
log = structlog.get_logger("inference")


class OnDemand:
    """A model is a commit of a repository. A name without a revision stands for the default branch's latest commit;
    when that moves, the one before it answers until the new one is loaded beside it.

    Revisions that others than a repository's owner can write are refused, unless the operator allows them; models whose
    files can run code are loaded only where a pattern of the operator trusts a commit that the owner published.
    """

    def __init__(self, library: Pipelines, settings: Settings, joined: Joined) -> None:
        self.library = library
        self._settings, self._joined = settings, joined
        self._forks = ForkServer(library.package)
        self._facts = LibraryFacts(self._forks, library, settings)
        self._fetchers = CapacityLimiter(settings.max_loading)
        self._revisions = Revisions(settings)
        self._visibility = Visibility(has_key=settings.api_key is not None, shared=Patterns(settings.shared_models))
        self._registry: Registry[RemoteModel] = Registry(max_loading=settings.max_loading, load_wait=settings.load_wait)
        self._disk = Disk(settings.max_disk_mib)
        self._lookups = Lookups(self._revisions.resolve, lambda revision: self._registry.has(revision.commit))
        self._optimizer = Optimizer(self._registry.residency)
        self._watch = MemoryWatch(self._registry)
        self._registry.start(self._forks.begin())
        self._registry.start(self._watch.run())
        if self._revisions.has_token and settings.api_key is None:
            log.warning(
                "this server has a Hub token, and no API_KEY: private and gated models are served only to callers whose"
                " own Hub token opens them, and to anyone where SHARED_MODELS says so"
            )

    def all(self) -> Sequence[RemoteModel]:
        """Those that are loaded, or on their way."""
        return self._registry.all()

    def visible(self, headers: Mapping[str, str]) -> Sequence[RemoteModel]:
        """Those of them that a caller may know of."""
        return [model for model in self._registry.all() if self._visibility.allows(model.name, model.resolved, headers)]

    def ready(self, name: str | None, task: str | None, headers: Mapping[str, str]) -> RemoteModel | None:
        """The model of this name for a task (None: the card's), if it answers now; without waiting. `headers` are the
        caller's."""
        known = None if name is None else self._lookups.known(name)
        if known is None:
            return None
        latest = known.latest
        model = self._registry.find(latest.commit, task or latest.resolved.card.task)
        if model is None or model.state != "ready":
            return None
        if not self._visibility.allows(latest.name, latest.resolved, headers):
            return None
        self._use(model)
        return model

    async def find(self, name: str | None, task: str | None, headers: Mapping[str, str]) -> RemoteModel:
        """The same, loaded or on its way. Raises why it cannot be had: InvalidRequest, Forbidden, NotFound, Overloaded,
        HubUnavailable, LoadFailed."""
        if name is None:
            raise NotFound("This server has no model of its own; POST to /models/ORG/NAME, or name it in `model`")
        if task is not None:
            self._check_task(task)
        source = self._revisions.source(name)
        repository, asked = source.name, source.revision
        # First without the revision: whoever may not see a repository learns nothing of its revisions.
        try:
            known = await self._lookups.get(repository)
        except HubUnavailable:
            if asked is None:
                raise
            known = await self._lookups.get(name)  # the cache may have only that
        await self._visibility.check(repository, known.latest.resolved, headers)
        if asked is not None:
            known = await self._lookups.get(name)
        facts = await self._facts.get(self._settings.load_wait if holds(headers) else 0)
        self._registry.residency.budget = Memory(memory.budget(self._settings.max_memory_mib), facts.gpu_bytes)
        await self._wait_for_others(known, task, hold=holds(headers))
        model = self._choose(known, task, facts)
        self._use(model)
        return model

    def stop_optimizing(self) -> None:
        """End exports at once, and all models that nobody uses."""
        self._registry.close_idle()

    async def close(self) -> None:
        """End all of them."""
        self._lookups.close()
        self._facts.close()
        await self._registry.close()
        await self._forks.close()

    def _use(self, model: RemoteModel) -> None:
        self._registry.residency.touch(model)
        if model.popularity.count() and model.is_pending:
            self._registry.start(self._optimizer.optimize(model))

    async def _wait_for_others(self, known: Known, task: str | None, *, hold: bool) -> None:
        """Weights that are on their way for another task may answer this one too. Raises ModelLoading."""
        latest = known.latest
        wanted = task or latest.resolved.card.task
        while self._registry.find(latest.commit, wanted) is None:
            other = self._registry.loading(latest.commit)
            if other is None:
                return
            try:
                await other.wait_ready(hold=hold)
            except ModelLoading:
                raise
            except InferenceError:  # that caller's, not this one's
                continue

    def _choose(self, known: Known, task: str | None, facts: Facts) -> RemoteModel:
        """The model of the latest commit, which begins to load where it is not there; until it is ready, that of the
        commit before it, where that is."""
        latest, previous = known.latest, known.previous
        before = None
        if previous is not None:
            before = self._registry.find(previous.commit, task or previous.resolved.card.task)
            before = before if before is not None and before.state == "ready" else None
        try:
            model = self._registry.find(latest.commit, task or latest.resolved.card.task)
            if model is None:
                model = self._begin(latest, task, facts)
                if before is not None:
                    self._registry.start(self._replace(before, model))
        except InferenceError:
            if before is None:
                raise
            return before
        return before if before is not None and model.state != "ready" else model

    async def _replace(self, before: RemoteModel, model: RemoteModel) -> None:
        """Let go of a commit's model once the next commit's is ready, unless a name still stands for it."""
        await model.settled()
        if model.state == "ready" and not self._lookups.stands_for((before.name, before.source.revision or "")):
            self._registry.let_go(before)

    def _begin(self, revision: Revision, task: str | None, facts: Facts) -> RemoteModel:
        """Have a model load. Raises Forbidden, NotFound or InvalidRequest where that is known to be wrong, Overloaded,
        and why the last load of the same failed."""
        name, resolved = revision.name, revision.resolved
        if not resolved.card.inference:
            raise Forbidden(
                f"{name} asks not to be served (its card says inference: false); to do so, pin it by MODEL_ID"
            )
        wanted = task or resolved.card.task
        if wanted is None:
            known = ", ".join(self.library.tasks)
            unknown = resolved.card.without_task(name)
            raise InvalidRequest(f"{unknown}; ask at /pipeline/TASK/MODEL with one of: {known}")
        self._check_task(wanted)
        if wanted in facts.unsafe:
            self._revisions.check_trust(revision)

        def make() -> RemoteModel:
            source = self._revisions.source(name, revision.asked, resolved)
            in_use = {model.source.revision or "" for model in self._registry.all()}

            def fetch() -> None:
                with self._disk.room_for(source, in_use):
                    source.path()

            is_trusted = revision.is_owners is True and self._revisions.is_trusted(revision)
            label = PRIVATE if resolved.private else name
            order = Order(self.library, self._settings, source, wanted, resolved.card.task, is_trusted, label)
            return RemoteModel(self._forks, order, resolved, facts, self._joined, fetch=fetch, threads=self._fetchers)

        return self._registry.begin(revision.commit, wanted, make)

    def _check_task(self, task: str) -> None:
        if task not in self.library.tasks:
            raise NotFound(f"No model answers {task[:100]!r} here; the tasks are: {', '.join(self.library.tasks)}")
