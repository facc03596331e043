"""Metrics: what a server counts, in Prometheus's text form; one registry per app."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Literal, get_args

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Enum, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric

from .account import MemoryAccount

SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
STATES = frozenset({"model_ready", "model_optimization", "model_call_seconds", "request_memory_budget_bytes"})
"""Metrics of which the largest is told, not the sum, where several processes tell them."""
OptimizationState = Literal["none", "pending", "exporting", "verified", "failed", "skipped"]


class ModelMetrics:
    """What is counted of one model: how long things take over all models, what is now by model."""

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name, self._all = name, metrics

    def observe_batch(self, size: int, seconds: float) -> None:
        """One call of the model."""
        self._all._batch_size.observe(size)
        self._all._inference_seconds.observe(seconds)

    def observe_queue(self, seconds: float) -> None:
        """One input's wait."""
        self._all._queue_seconds.observe(seconds)

    def observe_chunks(self, count: int) -> None:
        """Pieces of answers, tokens mostly."""
        self._all._chunks.inc(count)

    def begin(self, waiting: Callable[[], int], call_seconds: Callable[[], float]) -> None:
        """The model answers. These tell, whenever they are asked, how many inputs wait, and how long the call that runs
        has been at its present step."""
        queues, calls = self._all._waiting.setdefault(self._name, {}), self._all._calls.setdefault(self._name, {})
        queues[self], calls[self] = waiting, call_seconds
        self._all._queue_length.labels(self._name).set_function(lambda: sum(count() for count in queues.values()))
        self._all._call_seconds.labels(self._name).set_function(lambda: max(last() for last in calls.values()))
        self._all._ready.labels(self._name).set(True)

    def set_optimization(self, state: OptimizationState) -> None:
        """How far its faster form has come."""
        self._all._optimization.labels(self._name).state(state)

    def forget(self) -> None:
        """The model is gone: its present is no longer told, unless another commit of the same name answers."""
        all_of_name = self._all._waiting.get(self._name, {})
        all_of_name.pop(self, None)
        self._all._calls.get(self._name, {}).pop(self, None)
        if all_of_name:
            return
        self._all._waiting.pop(self._name, None)
        self._all._calls.pop(self._name, None)
        for gauge in (self._all._queue_length, self._all._call_seconds, self._all._ready, self._all._optimization):
            gauge.remove(self._name)


class Metrics:
    """Seconds are wall-clock seconds; sizes and lengths are inputs."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._waiting: dict[str, dict[ModelMetrics, Callable[[], int]]] = {}
        self._calls: dict[str, dict[ModelMetrics, Callable[[], float]]] = {}
        here = self._registry
        self._requests = Counter("requests", "Requests answered", ["route", "status"], registry=here)
        self._request_seconds = Histogram("request_seconds", "From first byte to answer", ["route"], registry=here)
        self._inference_seconds = Histogram("inference_seconds", "One call of the model", registry=here)
        self._queue_seconds = Histogram("queue_seconds", "An input's wait for the model", registry=here)
        self._batch_size = Histogram("batch_size", "Inputs in one call of the model", buckets=SIZES, registry=here)
        self._chunks = Counter("chunks", "Pieces made of answers that are made piece by piece", registry=here)
        self._queue_length = Gauge("queue_length", "Inputs waiting", ["model"], registry=here)
        self._call_seconds = Gauge(
            "model_call_seconds", "For how long the model has been at the present step of its call; 0 while idle",
            ["model"], registry=here,
        )  # fmt: skip
        self._ready = Gauge("model_ready", "1 once the model answers", ["model"], registry=here)
        self._optimization = Enum(
            "model_optimization", "State of the model's faster form on a CPU", ["model"], registry=here,
            states=get_args(OptimizationState),
        )  # fmt: skip
        self._request_memory = Gauge("request_memory_bytes", "Memory that requests in flight hold", registry=here)
        self._request_budget = Gauge("request_memory_budget_bytes", "The most that they may hold", registry=here)
        # Looked up once: by labels, it takes longer than to count.
        self._of_route = functools.cache(
            lambda route, status: (self._requests.labels(route, str(status)), self._request_seconds.labels(route))
        )

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """One answered request; `route` is the matched template, so that label values stay few."""
        count, times = self._of_route(route, status)
        count.inc()
        times.observe(seconds)

    def watch_request_memory(self, account: MemoryAccount) -> None:
        """What requests hold of an account, told whenever it is asked for."""
        self._request_memory.set_function(lambda: account.used)
        self._request_budget.set(account.budget)

    def of_model(self, name: str) -> ModelMetrics:
        """What is counted of one model."""
        return ModelMetrics(name, self)

    def collect(self) -> Iterable[Metric]:
        """All families."""
        return self._registry.collect()

    def render(self) -> tuple[bytes, str]:
        """The text of `/metrics` and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
