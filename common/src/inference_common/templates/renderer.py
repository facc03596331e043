"""Renderer: renders the templates of models in a few processes, so that a bad one delays only its own callers."""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import InferenceFailed, Overloaded
from ..units import limit_mib
from .process import Ended, RenderingProcess, TemplateLimits

MAX_PROCESSES = 4  # as many as there are threads that decode; each takes about 20 MiB
MAX_IDLE_PROCESSES = 2
MAX_PROCESSES_PER_TEMPLATE = 2
MAX_TEMPLATE_CHARACTERS = 1_000_000  # of a template: the longest of known models have 30,000
MAX_KNOWN_TEMPLATES = 256  # whose use is remembered
SLOW_SECONDS = 60.0  # after a template passed a limit, in which only one process at a time renders it


class TemplateFailed(Exception):
    """The template raised what Jinja raises: it does not take what it is given, or is no template."""


@dataclass
class _Use:
    """Of one template: how many processes render it now, and until when (by time.monotonic) it counts as slow."""

    running: int = 0
    slow_until: float = 0.0


@dataclass(frozen=True)
class TemplateText:
    """The text of a template, and its digest."""

    text: str
    digest: str

    @classmethod
    def of(cls, text: str) -> TemplateText:
        """Raises InferenceFailed for a text of more than MAX_TEMPLATE_CHARACTERS."""
        if len(text) > MAX_TEMPLATE_CHARACTERS:
            raise InferenceFailed(
                f"The model's chat template has {len(text):,} characters, and at most {MAX_TEMPLATE_CHARACTERS:,} are"
                " read; ask for a task without it, such as text-generation"
            )
        return cls(text, hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest())


class Renderer:
    """Thread-safe. A template that passed a limit is rendered by one process at a time for SLOW_SECONDS, and others who
    ask meanwhile are refused at once, so that it holds up no thread but one."""

    def __init__(self, limits: TemplateLimits | None = None) -> None:
        self._limits = limits or TemplateLimits()
        self._turn = threading.Condition()
        self._idle: list[RenderingProcess] = []
        self._running = 0
        self._uses: OrderedDict[str, _Use] = OrderedDict()

    def render(self, source: TemplateText, variables: Mapping[str, Any]) -> str:
        """The text of a template with these variables, which are written as JSON.

        Raises TemplateFailed for what Jinja raises, InferenceFailed (424) for any other exception of the template, and
        past a limit; Overloaded (429) where too many renderings run.
        """
        text: str = self._answer(source, variables)["text"]
        return text

    def names(self, source: TemplateText) -> frozenset[str]:
        """The variables that a template reads and does not set. Raises as `render`."""
        return frozenset(self._answer(source, None)["names"])

    def close(self) -> None:
        """End the processes that wait for work."""
        with self._turn:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    def _answer(self, source: TemplateText, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        with self._running_one(source.digest) as use:
            try:
                answer = self._asked(source, variables)
            except Ended as ended:
                use.slow_until = time.monotonic() + SLOW_SECONDS
                raise self._too_much(ended.reason) from None
        if "error" in answer:
            raise _raised(answer["error"], answer["message"])
        return answer

    def _asked(self, source: TemplateText, variables: Mapping[str, Any] | None) -> dict[str, Any]:
        """The answer of some process. Raises Ended where the template took too much."""
        request = {"digest": source.digest, "variables": variables}
        if variables is None:
            request["source"] = source.text
        process = self._sent(request)
        while True:
            was_fresh, answer = process.is_fresh, process.receive()
            if answer.get("limit") == "memory":
                process.end()
                if was_fresh:
                    raise Ended(f"more than {limit_mib(self._limits.memory_bytes)} of memory")
                process = RenderingProcess(self._limits)  # what others' templates left in that one may have filled it
            elif not answer.get("wants"):
                break
            process.send({**request, "source": source.text})
        self._keep(process)
        if answer.get("limit") == "output":
            raise Ended(f"more than {self._limits.max_characters:,} characters of text")
        return answer

    def _sent(self, request: Mapping[str, Any]) -> RenderingProcess:
        """A process that has the request: one that waits for work, or a new one."""
        while True:
            with self._turn:
                process = self._idle.pop() if self._idle else None
            if process is None:
                process = RenderingProcess(self._limits)
                process.send(request)
                return process
            try:
                process.send(request)
            except OSError:  # it was ended from outside
                process.end()
            else:
                return process

    def _keep(self, process: RenderingProcess) -> None:
        with self._turn:
            if len(self._idle) < MAX_IDLE_PROCESSES:
                self._idle.append(process)
                return
        process.end()

    @contextmanager
    def _running_one(self, digest: str) -> Iterator[_Use]:
        """One more rendering of a template, once it may run."""
        end = time.monotonic() + self._limits.seconds
        with self._turn:
            use = self._use(digest)
            while not self._may_run(use):
                is_slow = time.monotonic() < use.slow_until
                if is_slow or not self._turn.wait_for(lambda: self._may_run(use), end - time.monotonic()):
                    raise Overloaded(
                        "The model's chat template is busy with other messages; try again shortly", retry_after=1
                    )
            use.running += 1
            self._running += 1
        try:
            yield use
        finally:
            with self._turn:
                use.running -= 1
                self._running -= 1
                self._turn.notify_all()

    def _may_run(self, use: _Use) -> bool:
        most = 1 if time.monotonic() < use.slow_until else MAX_PROCESSES_PER_TEMPLATE
        return self._running < MAX_PROCESSES and use.running < most

    def _use(self, digest: str) -> _Use:
        use = self._uses.setdefault(digest, _Use())
        self._uses.move_to_end(digest)
        if len(self._uses) > MAX_KNOWN_TEMPLATES:
            oldest = next(iter(self._uses))
            if self._uses[oldest].running == 0:
                del self._uses[oldest]
        return use

    def _too_much(self, reason: str) -> InferenceFailed:
        return InferenceFailed(
            f"The model's chat template took {reason} to render these messages, and was stopped; the template is at"
            " fault: ask for a task without it, such as text-generation, or another model"
        )


@functools.cache
def renderer() -> Renderer:
    """The one of this process."""
    return Renderer()


def _raised(kind: str, message: str) -> Exception:
    """What the caller is told of an exception that a template raised."""
    if kind == "TemplateError":
        return TemplateFailed(message)
    return InferenceFailed(f"The model's chat template failed on these messages: {kind}: {message[:300]}")
