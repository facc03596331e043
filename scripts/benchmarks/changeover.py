"""The change-over of a server without any setting: from its library's own network to the ONNX file that it exports."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import cycle, islice

import httpx
import psutil

from .figures import Answer, Row, summary
from .running import CHANGE_SECONDS, RunningServer, alike, end
from .scenario import Effort, Scenario, Tell
from .servers import OPTIMIZED
from .targets import Command, Server

CLIENTS, TEXTS = 8, 64
LOOK_SECONDS = 0.1  # between two looks at the memory
SAME = 0.9999  # the least cosine of two answers to one text
BEFORE, DURING, AFTER, RESTARTED = "before", "during", "after", "restarted"


@dataclass(frozen=True)
class Checked:
    """An answer: when it came, in seconds, how long it took, in ms, its status and compute type, and if it is right."""

    came: float
    took: float
    status: int
    compute_type: str
    right: bool


@dataclass
class Record:
    """The answers of clients and the samples of memory until `done`; a sample, in `looks`, is the time and the
    megabytes of the server and of its child processes."""

    done: threading.Event = field(default_factory=threading.Event)
    answers: list[Checked] = field(default_factory=list)
    looks: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def changed(self) -> float:
        """When the first answer by the ONNX file came; infinite where none has."""
        return min((one.came for one in self.answers if one.compute_type == OPTIMIZED), default=math.inf)

    @property
    def began(self) -> float:
        """When the first child process was seen, or the change-over where none was."""
        return min((when for when, _, child in self.looks if child), default=self.changed)


def changeover(scenario: Scenario, effort: Effort, tell: Tell) -> list[Row]:
    """Rows of starts with an empty cache, each under load until past the change-over, then started again."""
    (target,) = scenario.targets
    assert isinstance(target, Server)
    rows: list[Row] = []
    for pair in range(effort.starts):
        command = target.start(0)  # for its cache, which the second start of a pair shares
        known = replace(target, start=partial(_on, command))
        found = _under_load(known, effort.seconds)
        found.append({"load": RESTARTED, **_restarted(known)})
        rows += [{"target": target.name, "pair": pair, "clients": CLIENTS, **row} for row in found]
        tell(f"pair {pair + 1}: changed over after {found[1]['changeover']:.1f} s")
    return rows


def _on(command: Command, port: int) -> Command:
    return replace(command, environment={**command.environment, "PORT": str(port)})


def _under_load(target: Server, seconds: float) -> list[dict[str, float | str]]:
    """The rows of one start: from ready to the change-over, and `seconds` beyond."""
    server, record = RunningServer(target), Record()
    try:
        began, bodies = time.monotonic(), target.bodies()[:TEXTS]
        looking = threading.Thread(target=_look, args=(server, record))
        looking.start()
        right = [_vector(server.ask(body).raise_for_status(), target) for body in bodies]
        clients = [threading.Thread(target=_ask, args=(server, record, right, n)) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        while record.changed == math.inf and time.monotonic() < began + CHANGE_SECONDS:
            time.sleep(LOOK_SECONDS)
        time.sleep(seconds)
        record.done.set()
        for thread in (*clients, looking):
            thread.join()
    finally:
        record.done.set()
        end(server.process)
    if record.changed == math.inf:
        raise SystemExit(f"{target.name} had not changed over after {CHANGE_SECONDS} s")
    return _rows(record, began)


def _restarted(target: Server) -> dict[str, float]:
    """A start that finds the file: until ready, and its memory after it has answered. Raises SystemExit where it does
    not take the file."""
    server = RunningServer(target)
    try:
        for body in islice(cycle(target.bodies()[:TEXTS]), TEXTS):
            taken = server.ask(body).raise_for_status().headers["x-compute-type"]
        if taken != OPTIMIZED:
            raise SystemExit(f"{target.name} exported an ONNX file, and its next start answers by {taken}")
        return {"ready": server.ready_seconds, "memory": _megabytes(server)[0]}
    finally:
        end(server.process)


def _rows(record: Record, began: float) -> list[dict[str, float | str]]:
    """The figures before the export, during it, and after the change-over."""
    edges = {
        BEFORE: (began, record.began), DURING: (record.began, record.changed), AFTER: (record.changed, math.inf)
    }  # fmt: skip
    rows: list[dict[str, float | str]] = []
    for load, (first, last) in edges.items():
        answers = [one for one in record.answers if first <= one.came < last]
        looks = [look for look in record.looks if first <= look[0] < last]
        until = last if math.isfinite(last) else max(one.came for one in answers)
        served = [Answer((one.came - first) * 1000 - one.took, one.took, one.status) for one in answers]
        figures = summary(served, until - first) if answers else {}
        rows.append({
            "load": load, **figures, "wrong": float(sum(one.status == 200 and not one.right for one in answers)),
            "memory": looks[-1][1] if load == AFTER else max((look[1] for look in looks), default=math.nan),
            "child": max((look[2] for look in looks), default=math.nan),
        })  # fmt: skip
    rows[1]["changeover"] = record.changed - began
    return rows


def _ask(server: RunningServer, record: Record, right: Sequence[Sequence[float]], number: int) -> None:
    """One client: sends the texts in a loop and compares each answer with the library's own."""
    bodies = server.target.bodies()[:TEXTS]
    for place in islice(cycle(range(TEXTS)), TEXTS // CLIENTS * number, None):
        if record.done.is_set():
            return
        sent = time.monotonic()
        try:
            answer = server.ask(bodies[place])
        except httpx.TransportError:
            record.answers.append(Checked(time.monotonic(), 0, 0, "", False))
            continue
        came, is_right = time.monotonic(), False
        if answer.status_code == 200:
            is_right = alike(_vector(answer, server.target), right[place]) >= SAME
        kind = answer.headers.get("x-compute-type", "")
        record.answers.append(Checked(came, (came - sent) * 1000, answer.status_code, kind, is_right))


def _look(server: RunningServer, record: Record) -> None:
    while not record.done.wait(LOOK_SECONDS):
        record.looks.append((time.monotonic(), *_megabytes(server)))


def _megabytes(server: RunningServer) -> tuple[float, float]:
    """Of the server, and of its child processes."""
    found = [0.0, 0.0]
    parent = psutil.Process(server.process.pid)
    for place, processes in enumerate(([parent], parent.children(recursive=True))):
        for one in processes:
            try:
                found[place] += one.memory_info().rss / 1e6
            except psutil.NoSuchProcess:
                continue  # it has just ended
    return found[0], found[1]


def _vector(answer: httpx.Response, target: Server) -> Sequence[float]:
    """The embedding in an answer."""
    vector = json.loads(answer.content)
    for key in target.answer or ():
        vector = vector[key]
    return vector  # type: ignore[no-any-return]
