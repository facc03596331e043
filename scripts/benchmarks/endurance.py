"""Scenarios that take long, and are measured only when asked for by name."""

from __future__ import annotations

from . import servers
from .attacked import AFTER, ALL, BEFORE, KINDS, TARGET, attacked
from .claims import Claim
from .loaded import soak
from .scenario import Scenario
from .targets import Load

SOAK_MINUTES, ATTACKED_MINUTES = 10, 30
MINUTES = [f"minute {minute}" for minute in range(1, ATTACKED_MINUTES + 1)]
WAIT_SECONDS = 1  # how long an input may wait in the overloaded server

SOAK = Scenario(
    "soak",
    "Ten minutes of overload",
    "Three times the requests that it can answer for ten minutes, and what it holds in memory after each of them.",
    soak,
    [servers.waiting(WAIT_SECONDS)],
    [Load(f"minute {minute}") for minute in range(1, SOAK_MINUTES + 1)],
    [
        Claim("memory after the second minute", "memory", f"minute {SOAK_MINUTES}", "ours", ["ours"], most=1.05,
              others_load="minute 2"),
        Claim("requests without a proper answer", "failed", f"minute {SOAK_MINUTES}", "ours", by="value", most=0),
    ],
    figures=("offered", "rate", "p99", "refused", "failed", "memory"),
    apart=True,
)  # fmt: skip
ATTACKED = Scenario(
    "attacks",
    "Half an hour of attacks",
    "A library server of sentence-transformers that loads any model of a Hub on loopback, under each of the attacks of "
    "scripts/benchmarks/attacks.py by itself, then under all at once; beside them 4 clients that ask all-MiniLM-L6-v2 "
    "hold each answer to the one from before. Latencies are those clients'; `failed` is any answer but 200 and 429; "
    "`start` and `memory` are what the server and its processes hold as a row begins and ends.",
    attacked,
    [TARGET],
    [Load(name) for name in (BEFORE, *KINDS, *MINUTES, ALL, AFTER)],
    [
        Claim("wrong answers", "wrong", ALL, "ours", by="value", most=0),
        Claim("requests without a proper answer", "failed", ALL, "ours", by="value", most=0),
        Claim("memory after the fifth minute", "memory", f"minute {ATTACKED_MINUTES}", "ours", ["ours"], most=1.05,
              others_load="minute 5"),
        Claim("threads left", "threads", AFTER, "ours", ["ours"], by="difference", most=8, others_load=BEFORE),
        Claim("open files left", "files", AFTER, "ours", ["ours"], by="difference", most=8, others_load=BEFORE),
    ],
    figures=("rate", "p50", "p99", "refused", "failed", "wrong", "start", "memory", "threads", "files"),
    apart=True,
)  # fmt: skip
