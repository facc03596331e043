"""Metrics of several processes as one, with stand-ins for the processes."""

from __future__ import annotations

import asyncio

from inference_common.metrics import Metrics
from inference_common.processes.metrics import Joined


class Standin:
    """A model's process that tells what its own metrics are."""

    def __init__(self, name: str, held: int = 0) -> None:
        self.label, self.held_bytes, self.is_slow = name, held, False
        self.own = Metrics()
        self.own.of_model(name).begin(lambda: 2, lambda: 0.0)

    async def metrics(self) -> str | None:
        return None if self.is_slow else self.own.render()[0].decode()


def rendered(joined: Joined) -> list[str]:
    return asyncio.run(joined.render()).decode().splitlines()


def test_counts_are_added_up_and_never_go_back() -> None:
    own = Metrics()
    own.observe_request("/models/{model:path}", 200, 0.1)
    joined, first, second = Joined(own), Standin("org/a", 10), Standin("org/b", 20)
    joined.add(first)
    joined.add(second)
    first.own.of_model("org/a").observe_batch(3, 0.2)
    second.own.of_model("org/b").observe_batch(5, 0.2)
    lines = rendered(joined)
    assert 'requests_total{route="/models/{model:path}",status="200"} 1.0' in lines
    assert "inference_seconds_count 2.0" in lines
    assert "batch_size_sum 8.0" in lines
    assert 'batch_size_bucket{le="4.0"} 1.0' in lines
    assert 'model_ready{model="org/a"} 1.0' in lines
    assert 'queue_length{model="org/b"} 2.0' in lines
    assert 'model_memory_bytes{model="org/b"} 20.0' in lines
    assert not [line for line in lines if "_created" in line]
    joined.keep(first)
    lines = rendered(joined)
    assert "inference_seconds_count 2.0" in lines
    assert not [line for line in lines if "org/a" in line]


def test_two_processes_of_one_name_are_one_model() -> None:
    joined, models = Joined(Metrics()), [Standin("org/a"), Standin("org/a")]
    for model in models:
        joined.add(model)
    lines = rendered(joined)
    assert 'model_ready{model="org/a"} 1.0' in lines
    assert 'queue_length{model="org/a"} 4.0' in lines


def test_a_process_that_is_busy_is_told_of_as_it_was() -> None:
    joined, model = Joined(Metrics()), Standin("org/a")
    joined.add(model)
    model.own.of_model("org/a").observe_batch(3, 0.2)
    before = rendered(joined)
    model.is_slow = True
    assert rendered(joined) == before
    joined.keep(model)
    assert "batch_size_sum 3.0" in rendered(joined)
