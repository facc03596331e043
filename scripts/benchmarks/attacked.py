"""A library server under each attack by itself, then under all at once, with callers beside them whose answers are
checked."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
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

BEFORE, QUIET_LOAD, ALL, AFTER = "before", "no attack", "all the time", "afterwards"
KINDS: Mapping[str, Sequence[Attack]] = {
    QUIET_LOAD: (), **{attack.__name__.replace("_", " "): (attack,) for attack in ATTACKS}
}  # fmt: skip
"""The attacks that are made by themselves, by what a row calls them."""
CALLERS, TEXTS_PER_CALLER = 4, 64
EFFORTS_PER_MINUTE = 15  # a minute is so many times the seconds of a full measurement
EFFORTS_PER_KIND = 5  # how long each attack is made by itself
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
    """A row for each attack by itself and for each minute of all of them, one for all that time, and what the server
    holds before and afterwards."""
    (target,) = scenario.targets
    assert isinstance(target, Server)
    with tempfile.TemporaryDirectory() as folder, _hub(Path(folder)) as endpoint:
        server = RunningServer(replace(target, start=lambda port: on_demand(endpoint, port)))
        try:
            rows = _measured(server, scenario, effort.seconds, tell)
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
    minutes = [load.name for load in scenario.loads if load.name not in (BEFORE, *KINDS, ALL, AFTER)]
    rows: list[Row] = [{"load": BEFORE, **_held(server)}]
    callers = [threading.Thread(target=_ask, args=(server, record, bodies, right)) for _ in range(CALLERS)]
    began = time.monotonic()
    try:
        for thread in callers:
            thread.start()
        for name, attacks in KINDS.items():
            rows += _under(server, record, attacks, [name], seconds * EFFORTS_PER_KIND, tell)
        rows += _under(server, record, ATTACKS, minutes, seconds * EFFORTS_PER_MINUTE, tell)
        rows.append({"load": ALL, **_figures(record, began, time.monotonic() - began)})
    finally:
        record.done.set()
        for thread in callers:
            thread.join()
    time.sleep(SETTLE_SECONDS)
    server.ask(bodies[0]).raise_for_status()
    return [*rows, {"load": AFTER, **_held(server)}]


def _under(server: RunningServer, record: Record, attacks: Sequence[Attack], names: Sequence[str], seconds: float,
           tell: Tell) -> list[Row]:  # fmt: skip
    """A row for each of the names, of so many seconds in which the attacks are made, all of them together."""
    rows, done = list[Row](), threading.Event()
    attackers = [threading.Thread(target=_repeat, args=(attack, server, done)) for attack in attacks]
    for thread in attackers:
        thread.start()
    try:
        for name in names:
            since, before = time.monotonic(), _held(server)["memory"]
            time.sleep(seconds)
            figures = {**_figures(record, since, seconds), "start": before, **_held(server)}
            rows.append({"load": name, **figures})
            tell(f"{name}: {figures['rate']:.0f}/s, p99 {figures['p99']:.0f} ms, {figures['memory']:.0f} MB")
    finally:
        done.set()
        for thread in attackers:
            thread.join()
    return rows


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


def _repeat(attack: Attack, server: RunningServer, done: threading.Event) -> None:
    port = httpx.URL(server.url).port
    assert port is not None
    while not done.wait(PAUSE_SECONDS):
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
