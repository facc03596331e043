"""The official clients, old and new, get the numbers that sentence-transformers gives on the real model."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock

from scripts.envs import cache, python_of
from scripts.images import library
from scripts.start import packaged_demo

from .conftest import TARGETS, targets

CLIENTS = Path(__file__).parent / "clients"
TEXTS = ["That is a happy person", "That is a happy dog", "œuvre 日本", "Today is a sunny day " * 30]
SIMILARITY = ("sentence_similarity", [TEXTS[0]], {"other_sentences": TEXTS[1:]})
EXTRACTION: list[tuple[str, list[str], dict[str, Any]]] = [("feature_extraction", [text], {}) for text in TEXTS]
CLOSE = 1e-5


@pytest.fixture(scope="module")
def model() -> Path:
    """The demo model's folder."""
    return Path(packaged_demo(library("sentence_transformers")))


@pytest.fixture(scope="module")
def direct(model: Path) -> dict[str, Any]:
    """What the library says without a server."""
    python = python_of(library("sentence_transformers"))
    said: dict[str, Any] = _ask([str(python), str(CLIENTS / "direct.py")], {"folder": str(model), "texts": TEXTS})
    return said


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "url" in metafunc.fixturenames:
        tasks = ("feature-extraction", "sentence-similarity")
        cases = [(target, task) for target in targets(metafunc.config) for task in tasks]
        metafunc.parametrize("url", cases, ids=["-".join(case) for case in cases], indirect=True, scope="module")


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest, model: Path) -> Iterator[tuple[str, str]]:
    """The task and the address of a server of the demo, a process or a container."""
    target, task = request.param
    known = library("sentence_transformers")
    server = TARGETS[target](known, task, str(model))
    yield task, str(server.client.base_url)
    server.client.close()
    assert server.stop() == 0


@pytest.fixture(scope="module", params=["current", "0.23"])
def hub_python(request: pytest.FixtureRequest) -> str:
    """An interpreter that has huggingface_hub: this one, or one of its own for the old release."""
    return sys.executable if request.param == "current" else str(_environment() / "python")


def test_python_clients(url: tuple[str, str], hub_python: str, direct: dict[str, Any]) -> None:
    task, address = url
    calls = EXTRACTION if task == "feature-extraction" else [SIMILARITY]
    answers = _ask([hub_python, str(CLIENTS / "call_hub.py")], {"url": address, "calls": calls})
    _same(task, answers, direct)


def test_javascript_client(url: tuple[str, str], direct: dict[str, Any]) -> None:
    task, address = url
    calls: list[tuple[str, dict[str, Any]]] = [
        ("sentenceSimilarity", {"inputs": {"source_sentence": TEXTS[0], "sentences": TEXTS[1:]}})
    ]
    if task == "feature-extraction":
        calls = [("featureExtraction", {"inputs": text}) for text in TEXTS]
    answers = _ask([str(_environment() / "node"), str(_node_folder() / "call.mjs")], {"url": address, "calls": calls})
    _same(task, answers, direct)


def _same(task: str, answers: Sequence[Any], direct: dict[str, Any]) -> None:
    if task == "feature-extraction":
        rows = [np.ravel(answer) for answer in answers]
        np.testing.assert_allclose(rows, direct["embeddings"], rtol=0, atol=CLOSE)
    else:
        np.testing.assert_allclose(answers[0], direct["similarities"], rtol=0, atol=CLOSE)


def _ask(command: Sequence[str], question: dict[str, Any]) -> Any:
    asked = subprocess.run(
        command, input=json.dumps(question), capture_output=True, text=True, check=False, timeout=100
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def _environment() -> Path:
    """The folder of programs with the old huggingface_hub, and node."""
    lock = CLIENTS / "requirements.txt"
    folder = cache() / "clients" / f"python-{_key(lock)}"
    with _made(folder) as missing:
        if missing:
            uv = [sys.executable, "-m", "uv"]
            subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
            install = [*uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "--no-deps"]
            environment = {**os.environ, "UV_COMPILE_BYTECODE": "1"}
            subprocess.run([*install, "--require-hashes", "-r", str(lock)], check=True, env=environment)
    return folder / "bin"


def _node_folder() -> Path:
    files = [CLIENTS / name for name in ("package.json", "package-lock.json", "call.mjs")]
    folder = cache() / "clients" / f"js-{_key(*files)}"
    with _made(folder) as missing:
        if missing:
            folder.mkdir()
            for file in files:
                shutil.copy(file, folder)
            npm = [str(_environment() / "npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            path = f"{_environment()}{os.pathsep}{os.environ['PATH']}"  # npm is a script that runs the node it finds
            subprocess.run(npm, cwd=folder, check=True, env={**os.environ, "PATH": path})
    return folder


def _key(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:12]


@contextlib.contextmanager
def _made(folder: Path) -> Iterator[bool]:
    """Under the folder's lock, whether it must be made; complete from then on, if nothing is raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = folder / "complete"
    with FileLock(f"{folder}.lock"):
        missing = not mark.is_file()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        mark.touch()
