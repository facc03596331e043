"""A thousand requests, good and bad, leave a server as they found it."""

from __future__ import annotations

import itertools

import psutil
import pytest
from inference_common.tasks import TASKS

from .servers import Server
from .test_contract import post

WARM_UP, REQUESTS = 300, 1000
RSS_SLACK = 24 * 1024 * 1024  # what an allocator may keep; a leaked request of a few kB would be far above it


@pytest.mark.process_only  # a container's process is counted where it runs
@pytest.mark.one_of_each_kind
@pytest.mark.timeout(600)  # 1,300 requests, of up to a quarter second each where a machine has other work too
def test_a_thousand_requests_leave_nothing_behind(served: Server) -> None:
    assert served.process is not None
    send(served, WARM_UP)
    process = psutil.Process(served.process.pid)
    threads, files, memory = process.num_threads(), process.num_fds(), process.memory_info().rss
    send(served, REQUESTS)
    assert process.num_threads() <= threads
    assert process.num_fds() <= files
    assert process.memory_info().rss <= memory + RSS_SLACK
    assert served.client.get("/ready").status_code == 200


def send(server: Server, count: int) -> None:
    """Send the task's examples in turn, the good ones and the bad ones, and check that each is told apart."""
    task = TASKS[server.task]
    examples = [*((good, 200) for good in task.good), *((bad.payload, bad.status) for bad in task.bad)]
    for payload, status in itertools.islice(itertools.cycle(examples), count):
        assert post(server, payload).status_code == status
