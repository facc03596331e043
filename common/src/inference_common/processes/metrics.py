"""Joined: the metrics of a library server and of its models' processes, told as one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from ..metrics import STATES, Metrics

CONTENT_TYPE = CONTENT_TYPE_LATEST
Key = tuple[str, tuple[tuple[str, str], ...]]
"""A sample's name and its labels."""


class Reporter(Protocol):
    """A model in a process of its own, which metrics call by its label."""

    label: str
    held_bytes: int

    async def metrics(self) -> str | None:
        """Its metrics as Prometheus text; None where it does not tell them in time."""
        ...


@dataclass
class _Family:
    documentation: str
    kind: str
    samples: dict[Key, float] = field(default_factory=dict)


class Joined(Collector):
    """Counters and histograms are added up, those of processes that have ended included: they never go backwards. Of a
    process that does not answer in time, the metrics read last are given."""

    def __init__(self, own: Metrics) -> None:
        self._own = own
        self._latest: dict[Reporter, Mapping[str, _Family]] = {}
        self._past: dict[str, _Family] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def add(self, model: Reporter) -> None:
        """Include the metrics of a process, which has begun."""
        self._latest[model] = {}

    async def ask(self, model: Reporter) -> None:
        """Read the metrics of a process, whose counters are kept after its end as they were read last."""
        text = await model.metrics()
        if text is not None and model in self._latest:
            told: dict[str, _Family] = {}
            _add(told, text_string_to_metric_families(text))
            self._latest[model] = told

    def keep(self, model: Reporter) -> None:
        """A process has ended: keep what it counted, and drop its gauges."""
        for name, family in self._latest.pop(model, {}).items():
            if family.kind != "gauge":
                _add_family(self._past, name, family)

    async def render(self) -> bytes:
        """The text of `/metrics`."""
        await asyncio.gather(*(self.ask(model) for model in list(self._latest)))
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """All families."""
        joined: dict[str, _Family] = {}
        _add(joined, self._own.collect())
        for families in (self._past, *self._latest.values()):
            for name, family in families.items():
                _add_family(joined, name, family)
        for name, family in joined.items():
            metric = Metric(name, family.documentation, family.kind)
            metric.samples = [Sample(key, dict(labels), value) for (key, labels), value in family.samples.items()]
            yield metric
        held = GaugeMetricFamily("model_memory_bytes", "Memory that the model's process holds alone", labels=["model"])
        for model in self._latest:
            held.add_metric([model.label], model.held_bytes)
        yield held


def _add(joined: dict[str, _Family], families: Iterable[Metric]) -> None:
    for family in families:
        if not family.name.endswith("_created"):  # when a counter was made; that of which process tells nothing
            samples = {
                (one.name, tuple(sorted(one.labels.items()))): one.value
                for one in family.samples
                if not one.name.endswith("_created")
            }
            _add_family(joined, family.name, _Family(family.documentation, family.type, samples))


def _add_family(joined: dict[str, _Family], name: str, family: _Family) -> None:
    into = joined.setdefault(name, _Family(family.documentation, family.kind))
    for key, value in family.samples.items():
        before = into.samples.get(key, 0.0)
        into.samples[key] = max(before, value) if name in STATES else before + value
