"""Load on a server, by processes of threads that each send one request after the other; the standard library only."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 60  # seconds for one answer
WARM_UP = 2.0  # seconds of load that are not counted


@dataclass(frozen=True)
class Sent:
    """One process's share of a load: `clients` threads, from `begin` on (by `time.time`) for `seconds`."""

    url: str
    bodies: Sequence[bytes]
    content_type: str
    clients: int
    begin: float
    seconds: float


def measure(url: str, bodies: Sequence[bytes], content_type: str, clients: int, seconds: float) -> Mapping[str, float]:
    """Requests a second, their latencies in milliseconds, and how many failed."""
    processes = max(1, min(clients, (os.cpu_count() or 1) // 2, 8))
    shares = [clients // processes + (n < clients % processes) for n in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(abs, range(processes)))  # all have started
        begin = time.time() + 0.5
        sent = [Sent(url, bodies[n::processes] or bodies, content_type, share, begin, seconds)
                for n, share in enumerate(shares)]  # fmt: skip
        answers = [answer for some in pool.map(_process, sent) for answer in some]
    took = sorted(seconds * 1000 for seconds, ok in answers if ok)
    return {
        "requests_per_second": len(took) / seconds,
        "p50_ms": statistics.median(took) if took else float("nan"),
        "p99_ms": took[int(0.99 * (len(took) - 1))] if took else float("nan"),
        "failed": len(answers) - len(took),
    }


def _process(sent: Sent) -> list[tuple[float, bool]]:
    with ThreadPoolExecutor(sent.clients) as pool:
        return [one for some in pool.map(lambda n: _client(sent, n), range(sent.clients)) for one in some]


def _client(sent: Sent, number: int) -> list[tuple[float, bool]]:
    """The answers that ended after the warm-up: seconds each took, and whether it was one."""
    address = urlsplit(sent.url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT)
    headers, done = {"content-type": sent.content_type}, list[tuple[float, bool]]()
    time.sleep(max(0.0, sent.begin - time.time()))
    counted, end = sent.begin + WARM_UP, sent.begin + WARM_UP + sent.seconds
    while (sent_at := time.time()) < end:
        body = sent.bodies[number % len(sent.bodies)]
        number += sent.clients
        try:
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            answer.read()
            ok = answer.status == 200
        except (OSError, http.client.HTTPException):
            connection.close()
            ok = False
            time.sleep(0.05)
        now = time.time()
        if counted <= now <= end:
            done.append((now - sent_at, ok))
    connection.close()
    return done


def stream(url: str, bodies: Sequence[bytes], streams: int) -> float:
    """Tokens a second of `streams` streams at once: all chunks but one, by the time from the first to the last."""
    moments, lock = list[float](), threading.Lock()

    def one(body: bytes) -> None:
        address = urlsplit(url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT)
        connection.request("POST", "/", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"status {answer.status}: {answer.read(500)!r}")
        for line in answer:
            if line.startswith(b"data:"):
                if b'"error"' in line:
                    raise RuntimeError(line.decode()[:500])
                with lock:
                    moments.append(time.perf_counter())
        connection.close()

    with ThreadPoolExecutor(streams) as pool:
        list(pool.map(one, bodies[:streams]))
    return (len(moments) - 1) / (max(moments) - min(moments))


def streamed(bodies: Sequence[bytes]) -> list[bytes]:
    """The same requests with `stream` set."""
    requests: list[dict[str, Any]] = [json.loads(body) for body in bodies]
    return [json.dumps({**one, "stream": True}).encode() for one in requests]
