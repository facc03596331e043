"""Metrics: what a server counts, in Prometheus's text form; one registry per app."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SIZES = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """Seconds are wall-clock seconds; sizes and lengths are inputs."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        here = self._registry
        self._requests = Counter("requests", "Requests answered", ["route", "status"], registry=here)
        self._request_seconds = Histogram("request_seconds", "From first byte to answer", ["route"], registry=here)
        self._inference_seconds = Histogram("inference_seconds", "One call of the model", registry=here)
        self._queue_seconds = Histogram("queue_seconds", "An input's wait for the model", registry=here)
        self._batch_size = Histogram("batch_size", "Inputs in one call of the model", buckets=SIZES, registry=here)
        self._queue_length = Gauge("queue_length", "Inputs waiting", registry=here)
        self._ready = Gauge("model_ready", "1 once the model answers", registry=here)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """One answered request; `route` is the matched template, so that label values stay few."""
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def observe_batch(self, size: int, seconds: float) -> None:
        """One call of the model."""
        self._batch_size.observe(size)
        self._inference_seconds.observe(seconds)

    def observe_queue(self, seconds: float) -> None:
        """One input's wait."""
        self._queue_seconds.observe(seconds)

    def set_queue(self, length: int) -> None:
        """How many inputs wait now."""
        self._queue_length.set(length)

    def set_ready(self, ready: bool) -> None:
        """Whether the model answers."""
        self._ready.set(ready)

    def render(self) -> tuple[bytes, str]:
        """The text of `/metrics` and its media type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
