"""`start` and `docker` as a person runs them: ready, told how to call, ended by Ctrl-C."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.containers import engine
from scripts.images import ROOT, Library, library
from scripts.ports import free_port
from scripts.prerequisites import CURL

from ..conftest import tiny_model
from ..needs import require


def follow(*arguments: str) -> None:
    """Start a verb, paste the lines it prints, and end it as Ctrl-C would."""
    require(CURL)
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C ends it" in line:
            break
    try:
        pasted = re.findall(r"^  (curl .*)$", said, re.MULTILINE) + re.findall(r"^  (\.venv/.*)$", said, re.MULTILINE)
        assert len(pasted) == 2, said
        for line in pasted:
            command = shlex.split(line.replace(".venv/bin/python", sys.executable))
            answered = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            assert answered.returncode == 0, answered.stderr
            assert re.match(r"\[-?\d", answered.stdout), answered.stdout
    finally:
        process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    process.stdout.close()


def test_start_serves_a_folder_whose_card_names_library_and_task() -> None:
    known = library("sentence-transformers")
    follow("start", str(tiny_model(known, "sentence-similarity")), "--port", str(free_port()))


def test_docker_serves_it_from_a_container_and_cleans_up(imaged: Library) -> None:
    if imaged.name != "sentence_transformers":
        pytest.skip("one library shows it")
    client = engine()
    port = free_port()
    follow("docker", str(tiny_model(imaged, "sentence-similarity")), "--port", str(port))
    assert client.containers.list(all=True, filters={"publish": f"{port}"}) == []
    client.close()


def test_a_broken_model_ends_start_with_the_reason(tmp_path: Path) -> None:
    card = "---\nlibrary_name: sentence-transformers\npipeline_tag: sentence-similarity\n---\n"
    (tmp_path / "README.md").write_text(card)
    command = [sys.executable, str(ROOT / "manage.py"), "start", str(tmp_path), "--port", str(free_port())]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 1
    assert "The model could not be loaded" in done.stderr
