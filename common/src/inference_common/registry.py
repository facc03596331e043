"""Registry: the models that are loaded or on their way, by commit; which load, and who makes room for whom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar

import structlog

from .errors import Overloaded, TooLarge
from .failures import Failure, Failures
from .residency import NONE, Memory, Residency
from .units import limit_mib, needed_mib

State = Literal["loading", "ready", "failed"]
Commit = tuple[str, str]
"""A repository's name and a commit of it: what is loaded is never less than that."""
RETRY_SECONDS = 5  # told to a caller whose model finds no room
log = structlog.get_logger("inference")


class Loadable(Protocol):
    """What a registry needs of a model, wherever its weights are. `leases` counts the requests that hold it; whoever
    gives the last one back calls `when_idle`. Where its process ends by itself, it calls `when_lost`. `memory` is what
    it was last seen to take."""

    leases: int
    when_idle: Callable[[], None] | None
    when_lost: Callable[[], None] | None

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> State: ...
    @property
    def failure(self) -> Failure | None: ...
    @property
    def memory(self) -> Memory: ...
    def answers(self, task: str) -> bool:
        """Whether this task is, or will be, among those it answers."""
        ...

    def likely_memory(self) -> Memory:
        """What it will take once loaded, by its files, whether or not they are there; blocks."""
        ...

    async def fetch(self) -> bool:
        """Get its files; False, with `failure` set, where that cannot be."""
        ...

    async def load(self) -> None:
        """Load until it is ready, or failed."""
        ...

    def fail(self, error: BaseException) -> None: ...
    def close(self) -> None: ...
    async def closed(self) -> None:
        """Close, and return once its memory is free."""
        ...


M = TypeVar("M", bound=Loadable)


class Registry(Generic[M]):
    """At most `max_loading` models load at a time; a load that needs the memory of models in use waits for it, for
    `load_wait` seconds. `residency` has those that are loaded, within a budget.

    Loads that failed are told from memory, by commit and task, each time for longer. A model whose process ended is
    loaded anew for whoever asks next; one that ended before, only after a while.
    """

    def __init__(self, *, max_loading: int, load_wait: float) -> None:
        self.residency: Residency[M] = Residency(Memory())
        self._max_loading, self._load_wait = max_loading, load_wait
        self._models: dict[Commit, list[M]] = {}
        self._failures = Failures(backs_off=True)
        self._lost = Failures(backs_off=True)
        self._outdated: list[M] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()  # one makes room at a time
        self._freed = asyncio.Event()

    def all(self) -> Sequence[M]:
        """Those that are loaded, or on their way, by when they were last used."""
        return self.residency.oldest_first()

    def find(self, commit: Commit, task: str | None) -> M | None:
        """The model of a commit that answers a task, or will; one that is ready first."""
        found = None
        for model in self._models.get(commit, ()):
            if task is not None and model.answers(task):
                if model.state == "ready":
                    return model
                found = model
        return found

    def loading(self, commit: Commit) -> M | None:
        """A model of a commit that is on its way, for whatever task."""
        return next((model for model in self._models.get(commit, ()) if model.state == "loading"), None)

    def has(self, commit: Commit) -> bool:
        """Whether a model of a commit is ready."""
        return any(model.state == "ready" for model in self._models.get(commit, ()))

    def begin(self, commit: Commit, task: str, make: Callable[[], M]) -> M:
        """A new model, on its way. Raises Overloaded, and why the last load of the same failed."""
        failure = self._failures.get((*commit, task)) or self._lost.get((*commit, task))
        if failure is not None:
            raise failure.error()
        loading = sum(model.state == "loading" for model in self.all())
        if loading >= self._max_loading:
            told = f"{loading} models are loading, as many as MAX_LOADING allows; try again later"
            raise Overloaded(told, retry_after=RETRY_SECONDS)
        model = make()
        model.when_idle = self._idle
        model.when_lost = lambda: self._lose((*commit, task), model)
        self._models.setdefault(commit, []).append(model)
        self.residency.add(model)
        self.start(self._load((*commit, task), model))
        return model

    def _lose(self, key: tuple[str, str, str], model: M) -> None:
        self._drop(model)
        self._freed.set()
        if model.failure is not None:
            self._lost.add(key, model.failure, once_free=True)

    def let_go(self, model: M) -> None:
        """Unload a model as soon as nobody uses it."""
        self._outdated.append(model)
        self._idle()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run in the background, until `close`."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close_idle(self) -> None:
        """Let go of those that nobody uses."""
        for model in self.all():
            if is_free(model):
                model.close()

    async def close(self) -> None:
        """Let go of all of them, and return once their memory is free."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(model.closed() for model in self.all()))

    async def _load(self, key: tuple[str, str, str], model: M) -> None:
        try:
            size = model.likely_memory()
            self._refuse_too_large(model, size)
            if await model.fetch():
                await self._load_where_room_is(model, size)
        except Exception as error:  # also one of a GPU's driver: callers wait as long as the model is neither
            model.fail(error)
        if model.failure is None:
            self._failures.forget(key)
            return
        self._drop(model)
        if not issubclass(model.failure.kind, Overloaded):
            self._failures.add(key, model.failure)
        model.close()
        self._freed.set()

    async def _load_where_room_is(self, model: M, size: Memory) -> None:
        until = asyncio.get_running_loop().time() + self._load_wait
        while not await self._load_if_room(model, size):
            self._freed.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._freed.wait()
            except TimeoutError:
                raise Overloaded(
                    "Every loaded model is in use, and memory is full (MAX_MEMORY_MIB); try again later",
                    retry_after=RETRY_SECONDS,
                ) from None

    async def _load_if_room(self, model: M, size: Memory) -> bool:
        """Load, once others have been unloaded for it; False, with nothing done, where those in use leave no room."""
        async with self._turn:
            gone = self.residency.make_room(model, size, is_free)
            if gone is None:
                return False
            await self._unload(gone)
        await model.load()
        if model.state == "ready":
            await self.remeasure(model)
        self._freed.set()
        return True

    async def remeasure(self, model: M) -> None:
        """Count what a model was last seen to take, where that is more than was likely, and unload others that nobody
        uses as far as they are too much then."""
        likely = model.likely_memory()
        size = Memory(max(likely.host, model.memory.host), model.memory.gpu or likely.gpu)
        if self.residency.size_of(model) in (NONE, size):  # NONE: it was unloaded meanwhile
            return
        self.residency.resize(model, size)
        if not self.residency.size.fits(self.residency.budget):
            async with self._turn:
                await self._unload(self.residency.make_room(model, size, is_free) or ())

    def _refuse_too_large(self, model: M, size: Memory) -> None:
        budget = self.residency.budget
        if size.fits(budget):
            return
        needed, most, name = (
            (size.gpu, budget.gpu, "MAX_GPU_MEMORY_MIB") if size.gpu else (size.host, budget.host, "MAX_MEMORY_MIB")
        )
        raise TooLarge(
            f"{model.name} takes about {needed_mib(needed)}, and models may take {limit_mib(most)} here; set {name}"
            " where there is more"
        )

    def _idle(self) -> None:
        """A model's last lease was given back: whoever waits for memory looks again."""
        self._freed.set()
        if any(is_free(model) for model in self._outdated):
            self.start(self._unload_outdated())

    async def _unload_outdated(self) -> None:
        async with self._turn:
            gone = [model for model in self._outdated if is_free(model)]
            for model in gone:
                self.residency.remove(model)
            await self._unload(gone)
        self._freed.set()

    async def _unload(self, gone: Sequence[M]) -> None:
        for model in gone:
            self._drop(model)
            log.info("model unloaded", model=model.name)
            await model.closed()

    def _drop(self, model: M) -> None:
        self.residency.remove(model)
        self._outdated = [other for other in self._outdated if other is not model]
        for commit, models in list(self._models.items()):
            self._models[commit] = [other for other in models if other is not model]
            if not self._models[commit]:
                del self._models[commit]


def is_free(model: Loadable) -> bool:
    """Whether a model may be unloaded: it is ready, and nobody uses it."""
    return model.leases == 0 and model.state == "ready"
