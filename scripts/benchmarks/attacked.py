"""A library server under all attacks at once, with callers beside them whose answers are checked."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import psutil
from inference_common.testing.hub import Repo, serve_hub

from ..envs import python_of
from ..images import library
from . import models
from .attacks import ATTACKS, GOOD, PATH, Attack, repositories
from .figures import Answer, Row, summary
from .running import RunningServer, alike, end, tree
from .scenario import Effort, Scenario, Tell
from .servers import QUIET, SERVE, TEXTS
from .targets import Command, Server

BEFORE, ALL, AFTER = "before", "all minutes", "afterwards"
CALLERS, TEXTS_PER_CALLER = 4, 64
EFFORTS_PER_MINUTE = 15  # a minute is so many times the seconds of a full measurement
PAUSE_SECONDS = 0.5  # between two attacks of a kind
SETTLE_SECONDS = 45.0  # until what the attacks left has reached its time limit
MIN_COSINE = 0.9999  # of two answers to one text


@dataclass
class Record:
    """What callers were answered: when, in seconds, how long it took, in ms, the status, and whether it was wrong."""

    done: threading.Event = field(default_factory=threading.Event)
    answers: list[tuple[float, float, int, bool]] = field(default_factory=list)


def on_demand(endpoint: str, port: int) -> Command:
    """A library server of sentence-transformers on a Hub, with an empty cache."""
    known = library("sentence-transformers")
    quiet = {name: value for name, value in QUIET.items() if name != "HF_HUB_OFFLINE"}
    environment = {
        **quiet, "HF_ENDPOINT": endpoint, "HF_HOME": tempfile.mkdtemp(prefix="bench-hub-"), "PORT": str(port),
        "PYTHONPATH": models.SOURCES, "BODY_TIMEOUT": "10",
    }  # fmt: skip
    return Command([python_of(known), *SERVE], known.context, environment)


TARGET = Server("ours", lambda port: on_demand("", port), TEXTS, path=PATH)


def attacked(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """A row for each minute, one for all of them, and what the server holds before and afterwards."""
    (target,) = scenario.targets
    assert isinstance(target, Server)
    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder)) as endpoint:
        server = RunningServer(replace(target, start=lambda port: on_demand(endpoint, port)))
        try:
            rows = _measured(server, scenario, effort.seconds * EFFORTS_PER_MINUTE, tell)
        finally:
            end(server.process)
    return [{"target": target.name, "pair": 0, "clients": CALLERS, **row} for row in rows]


@contextlib.contextmanager
def _hub(folder: Path) -> Iterator[str]:
    with serve_hub({GOOD: Repo(models.minilm()), **repositories(folder)}) as hub:
        yield hub.url


def _measured(server: RunningServer, scenario: Scenario, seconds: float, tell: Tell) -> list[Row]:
    bodies, record = server.target.bodies()[:TEXTS_PER_CALLER], Record()
    right = [json.loads(server.ask(body).raise_for_status().content) for body in bodies]
    rows: list[Row] = [{"load": BEFORE, **_held(server)}]
    callers = [threading.Thread(target=_ask, args=(server, record, bodies, right)) for _ in range(CALLERS)]
    attackers = [threading.Thread(target=_repeat, args=(attack, server, record)) for attack in ATTACKS]
    began = time.monotonic()
    for thread in (*callers, *attackers):
        thread.start()
    try:
        for load in scenario.loads[1:-2]:
            since = time.monotonic()
            time.sleep(seconds)
            rows.append({"load": load.name, **_figures(record, since, seconds), **_held(server)})
            tell(f"{load.name}: {rows[-1]['rate']:.0f}/s, p99 {rows[-1]['p99']:.0f} ms, {rows[-1]['memory']:.0f} MB")
        rows.append({"load": ALL, **_figures(record, began, time.monotonic() - began)})
    finally:
        record.done.set()
        for thread in (*callers, *attackers):
            thread.join()
    time.sleep(SETTLE_SECONDS)
    server.ask(bodies[0]).raise_for_status()
    return [*rows, {"load": AFTER, **_held(server)}]


def _figures(record: Record, since: float, seconds: float) -> dict[str, float]:
    found = [one for one in record.answers if since <= one[0] < since + seconds]
    answers = [Answer((came - since) * 1000 - took, took, status) for came, took, status, _ in found]
    return {**summary(answers, seconds), "wrong": float(sum(is_wrong for *_, is_wrong in found))}


def _held(server: RunningServer) -> dict[str, float]:
    """Memory, threads and open files of the server and its children."""
    found = {"memory": 0.0, "threads": 0.0, "files": 0.0}
    for one in tree(server.process):
        with contextlib.suppress(psutil.NoSuchProcess):
            found["memory"] += one.memory_info().rss / 1e6
            found["threads"] += one.num_threads()
            found["files"] += one.num_fds()
    return found


def _repeat(attack: Attack, server: RunningServer, record: Record) -> None:
    port = httpx.URL(server.url).port
    assert port is not None
    while not record.done.wait(PAUSE_SECONDS):
        attack(port)


def _ask(server: RunningServer, record: Record, bodies: Sequence[bytes], right: Sequence[Sequence[float]]) -> None:
    """One caller: sends the texts in a loop and compares each answer with the one from before the attacks."""
    while not record.done.is_set():
        for body, vector in zip(bodies, right, strict=True):
            sent = time.monotonic()
            try:
                answer = server.ask(body)
            except httpx.TransportError:
                record.answers.append((time.monotonic(), 0.0, 0, False))
                continue
            came = time.monotonic()
            is_wrong = answer.status_code == 200 and alike(json.loads(answer.content), vector) < MIN_COSINE
            record.answers.append((came, (came - sent) * 1000, answer.status_code, is_wrong))
            if record.done.is_set():
                return
