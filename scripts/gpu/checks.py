"""The checks of a server on a GPU, and the load generator's."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..ports import free_port
from . import load
from .cases import ON_DEMAND, STREAMED, Case
from .compare import distance
from .servers import Failed, Server, Worker, stop

STREAMS = 8
CLOSE = 1e-2  # how far an answer may be from the CPU's, by `distance`
MIN_SHARE = 0.9  # of what the library does alone
MIN_SPEED_UP = 4.0  # of eight streams over one
MEMORY_MARGIN = 0.15  # of a model's weights, for what else loading it keeps
READY_SECONDS = 120
MIN_GENERATED = 4000  # requests a second: twice what one server process answers at most
MIB = 2**20


@dataclass(frozen=True)
class Finding:
    """The result of one check: `seen` is what was measured, `wanted` says what it must be."""

    name: str
    seen: object
    wanted: str
    passed: bool


@dataclass(frozen=True)
class Run:
    """The settings that all steps of a run share: `device` is the one that the servers are expected to choose,
    `setting` is their DEVICE (None: not set), a measurement takes `seconds` with `clients` at once."""

    folder: Path
    device: str
    setting: str | None
    seconds: float
    clients: int

    def settings(self, **more: str) -> dict[str, str]:
        """A server's settings."""
        return {**({} if self.setting is None else {"DEVICE": self.setting}), **more}


class Served:
    """A case with its server, the same on the CPU, and a worker that runs the library without a server."""

    def __init__(self, run: Run, case: Case) -> None:
        self.run, self.case = run, case
        logs = run.folder / "logs"
        settings = {"MODEL_ID": case.model, "TASK": case.task}
        self.server = Server(case.library, logs / f"{case.name}.log", run.settings(**settings))
        self.on_cpu = Server(case.library, logs / f"{case.name}-cpu.log", {**settings, "DEVICE": "cpu"})
        file = run.folder / f"{case.name}.json"
        file.write_text(json.dumps([base64.b64encode(body).decode() for body in case.bodies()]))
        self.alone = None
        if case is not STREAMED:
            worker = logs / f"{case.name}-alone.log"
            self.alone = Worker(case.library, case.task, case.model, file, run.device, worker)

    def placed(self) -> list[Finding]:
        """Check where the model runs, its type and batch size, and that its answers are the CPU's."""
        self.server.wait_ready(READY_SECONDS)
        self.on_cpu.wait_ready(READY_SECONDS)
        bodies, kind = self.case.compared_bodies(), self.case.content_type
        answers = [self.server.post("/", body, kind) for body in bodies]
        theirs = [self.on_cpu.post("/", body, kind) for body in bodies]
        self.on_cpu.stop()
        for status, content, _ in (*answers, *theirs):
            if status != 200:
                raise Failed(f"{self.case.name} answered {status}: {content}")
        info, name = self.server.get("/info")[1], self.case.name
        is_gpu = self.run.device != "cpu"
        compute, dtype = ("gpu", self.case.dtype) if is_gpu else ("cpu", "float32")
        seen_compute = {key.lower(): value for key, value in answers[0][2].items()}["x-compute-type"]
        ours, expected = ([self.case.compared_part(content) for _, content, _ in some] for some in (answers, theirs))
        far, apart = max(map(distance, ours, expected)), distance(expected[0], expected[1])
        return [
            Finding(f"{name}: device", info["device"], self.run.device, info["device"] == self.run.device),
            Finding(f"{name}: x-compute-type", seen_compute, compute, seen_compute == compute),
            Finding(f"{name}: type of weights", info["dtype"], dtype, info["dtype"] == dtype),
            Finding(f"{name}: max_batch_size", info["max_batch_size"], "> 32" if is_gpu else "<= 32",
                  self.case is STREAMED or (info["max_batch_size"] > 32) is is_gpu),
            Finding(f"{name}: answers off the CPU's (two inputs: {apart:.2g})", round(far, 6), f"<= {CLOSE}",
                  far <= CLOSE),
            self._memory(info),
        ]  # fmt: skip

    def _memory(self, info: Any) -> Finding:
        counted, weights = int(info["memory_bytes"]["gpu"]), weights_of(self.run.folder, self.case)
        passed = abs(counted - weights) <= MEMORY_MARGIN * weights if self.run.device != "cpu" else counted == 0
        wanted = f"about {weights / MIB:.0f} MiB" if self.run.device != "cpu" else "0"
        return Finding(f"{self.case.name}: GPU memory counted", f"{counted / MIB:.0f} MiB", wanted, passed)

    def throughput(self) -> list[Finding]:
        """Measure many clients and the library alone on the same inputs, in turn; streams against one stream."""
        if self.alone is None:
            return self._streams()
        self.alone.wait_ready()
        limits, rates = [], []
        for _ in range(2):
            limits.append(self.alone.measure(self.run.clients, self.run.seconds))
            rates.append(self._rate(self.case.bodies(), 1))
        self.alone.stop()
        checks = [self._share("one input a request", max(rates), max(limits))]
        if self.case.group > 1:
            rate = self._rate(self.case.grouped(), self.case.group)
            checks.append(self._share(f"{self.case.group} inputs a request", rate, max(limits)))
        self.server.stop()
        return checks

    def _rate(self, bodies: Sequence[bytes], inputs: int) -> float:
        """Inputs a second."""
        figures = load.measure(self.server.url, bodies, self.case.content_type, self.run.clients, self.run.seconds)
        if figures["failed"]:
            raise Failed(f"{self.case.name}: {figures['failed']} requests of {self.run.clients} clients failed")
        return figures["requests_per_second"] * inputs

    def _share(self, how: str, rate: float, limit: float) -> Finding:
        share = rate / limit
        seen = f"{share:.2f} ({rate:.0f} of {limit:.0f} inputs/s)"
        name = f"{self.case.name}: {self.run.clients} clients, {how}, by the library alone"
        return Finding(name, seen, f">= {MIN_SHARE}", share >= MIN_SHARE)

    def _streams(self) -> list[Finding]:
        bodies = load.streamed(self.case.bodies())
        load.stream(self.server.url, bodies, STREAMS)  # warms up
        one = max(load.stream(self.server.url, bodies, 1) for _ in range(2))
        many = max(load.stream(self.server.url, bodies, STREAMS) for _ in range(2))
        self.server.stop()
        seen = f"{many / one:.1f} ({many:.0f} and {one:.0f} tokens/s)"
        name = f"{self.case.name}: {STREAMS} streams by one"
        return [Finding(name, seen, f">= {MIN_SPEED_UP:.0f}", many / one >= MIN_SPEED_UP)]

    def stop(self) -> None:
        """Stop the servers and the worker."""
        for one in (self.server, self.on_cpu, self.alone):
            if one is not None:
                one.stop()


def generator(run: Run) -> list[Finding]:
    """How many requests a second the load generator sends where answers cost nothing."""
    port = free_port()
    command = [sys.executable, "-m", "scripts.gpu.answer", str(port)]
    answering = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert answering.stdout is not None
        answering.stdout.readline()
        figures = load.measure(f"http://127.0.0.1:{port}", [b"{}"], "application/json", run.clients, run.seconds)
    finally:
        stop(answering)
    rate = figures["requests_per_second"]
    return [Finding("load generator, requests/s", round(rate), f">= {MIN_GENERATED}", rate >= MIN_GENERATED)]


def on_demand(run: Run) -> list[Finding]:
    """A server without a model: the budget of the GPU's memory makes the first model leave for the last."""
    first, last = ON_DEMAND
    needed = {case.name: file_size(run.folder, case) // MIB + 1 for case in ON_DEMAND}
    most = max(needed.values()) * 21 // 20 + 1  # room for either, not for both
    server = Server(first.library, run.folder / "logs" / "on-demand.log", run.settings(
        MAX_GPU_MEMORY_MIB=str(most), **({"MAX_MEMORY_MIB": str(most)} if run.device == "cpu" else {})))  # fmt: skip
    try:
        server.wait_ready(READY_SECONDS)
        seen = []
        for case in ON_DEMAND:
            status, content, _ = server.post(f"/models/{case.model}", case.bodies()[0])
            if status != 200:
                raise Failed(f"{case.model} on demand answered {status}: {content}")
            seen.append(server.get("/info")[1]["models"])
    finally:
        server.stop()
    held = [[model["model"] for model in models] for models in seen]
    wanted = [[first.model], [last.model]]
    bytes_counted = seen[-1][0].get("memory_bytes", {}).get("gpu", 0)
    return [
        Finding("on demand: models held under a budget for one", str(held), str(wanted), held == wanted),
        Finding("on demand: GPU memory counted", f"{bytes_counted / MIB:.0f} MiB",
              f"about {weights_of(run.folder, last) / MIB:.0f} MiB" if run.device != "cpu" else "0",
              (bytes_counted > 0) is (run.device != "cpu")),
    ]  # fmt: skip


def weights_of(folder: Path, case: Case) -> int:
    """Bytes of a model's weights in half precision."""
    return file_size(folder, case) // (2 if case.dtype == "float16" else 1)  # files in bfloat16 are that already


def file_size(folder: Path, case: Case) -> int:
    """Bytes of a model's weights in its file."""
    repository = folder / "hub" / f"models--{case.model.replace('/', '--')}"
    return sum(file.stat().st_size for file in repository.rglob("*.safetensors"))


def as_rows(checks: Sequence[Finding]) -> list[dict[str, object]]:
    """For the report."""
    return [asdict(check) for check in checks]
