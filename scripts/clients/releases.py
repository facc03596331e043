"""The releases of the official clients: the last of each minor one, and an environment that holds it alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..envs import python_with
from ..images import ROOT
from ..progress import run

HERE = Path(__file__).parent
SAMPLES = ROOT / "common" / "src" / "inference_common" / "samples"
TOOLS = ROOT / "tests" / "clients" / "tools.txt"
ANSWERS = ROOT / "tests" / "clients" / "answers.json"
PYTHON, JAVASCRIPT = "huggingface_hub", "@huggingface/inference"
OLDEST_PYTHON = (0, 20)


def hub_releases() -> Mapping[str, str]:
    """The last release of each minor one of huggingface_hub from 0.20 on, oldest first."""
    listed = _output([sys.executable, "-m", "pip", "index", "versions", PYTHON])
    found = next(line for line in listed.splitlines() if line.startswith("Available versions: "))
    return _last_of_each(found.partition(": ")[2].split(", "), OLDEST_PYTHON)


def inference_releases() -> Mapping[str, str]:
    """The last release of each minor one of @huggingface/inference, oldest first."""
    programs = python_with("clients-tools", TOOLS).parent
    listed = _output([programs / "npm", "view", JAVASCRIPT, "versions", "--json"], _path(programs))
    return _last_of_each(json.loads(listed), (0, 0))


def record_hub(version: str, folder: Path) -> list[dict[str, Any]]:
    """What a release of huggingface_hub sends; its environment is made in a folder. Raises SystemExit."""
    python = folder / "bin" / "python"
    run([sys.executable, "-m", "uv", "venv", "--python", sys.executable, folder])
    needed = [f"{PYTHON}=={version}", "numpy>=2", "pillow"]
    run([sys.executable, "-m", "uv", "pip", "install", "--python", python, *needed])
    return record([python, HERE / "hub.py"], "hub.json")


def record_inference(version: str, folder: Path) -> list[dict[str, Any]]:
    """What a release of @huggingface/inference sends; it is installed in a folder. Raises SystemExit."""
    programs = python_with("clients-tools", TOOLS).parent
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    program = folder / "inference.mjs"
    program.write_text((HERE / program.name).read_text(encoding="utf-8"), encoding="utf-8")
    options: list[str | Path] = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]
    run([programs / "npm", "install", *options, f"{JAVASCRIPT}@{version}"], _path(programs))
    return record([programs / "node", program], "inference.json")


def record(command: list[str | Path], methods: str) -> list[dict[str, Any]]:
    """The records that a program of this folder writes for the methods of a file of it. Raises CalledProcessError."""
    answers = json.loads(ANSWERS.read_text(encoding="utf-8"))
    asked = {"samples": str(SAMPLES), "methods": json.loads((HERE / methods).read_text(encoding="utf-8")), **answers}
    # No token of this machine: what is recorded holds none.
    environment = {**os.environ, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    sent = json.dumps(asked)
    done = subprocess.run(command, input=sent, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    records: list[dict[str, Any]] = json.loads(done.stdout)
    return records


def _last_of_each(versions: Iterable[str], oldest: tuple[int, int]) -> Mapping[str, str]:
    """The last version of each minor one, by `major.minor`."""
    plain = [version for version in versions if version.replace(".", "").isdecimal()]  # no candidate for a release
    numbers = sorted(tuple(map(int, version.split("."))) for version in plain)
    last = {number[:2]: number for number in numbers if number[:2] >= oldest}
    return {f"{major}.{minor}": ".".join(map(str, number)) for (major, minor), number in last.items()}


def _path(programs: Path) -> Mapping[str, str]:
    return {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}  # npm runs the node it finds


def _output(command: list[str | Path], environment: Mapping[str, str] | None = None) -> str:
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
    ).stdout
