"""A server is ready only for a model that answers, by weights and words that are the model's: over every library and
task, with models that are broken on purpose: a sample in every run, all with `-m whole`."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.envs import python_of
from scripts.images import ROOT, Library, libraries, library

from .conftest import tiny_model

PROGRAM = Path(__file__).with_name("broken_models.py")
WHOLE = ("none", "none, again", "no unread weights")
SAMPLE = 2  # tasks of a library that a run breaks the models of: others each time
NEVER_READY = ("another shape", "cut short")
"""Faults that every library sees."""
OWN = re.compile(r'"(id|created)":("[^"]*"|\d+)')
"""What an answer in OpenAI's form has of its own."""
Answers = Sequence[Sequence[Any]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.config.getoption("--library")
    known = [library(name) for name in names] or libraries()
    metafunc.parametrize("name", [one.hub_name for one in known if one.needs_torch])  # which rewrites the weights


@pytest.mark.timeout(600)
def test_a_server_is_ready_only_for_a_model_that_answers_as_it_would_whole(name: str) -> None:
    known = library(name)
    tasks = random.sample(known.tasks, min(SAMPLE, len(known.tasks)))
    assert not wrong_of(known, tasks)


@pytest.mark.whole
@pytest.mark.timeout(1800)
def test_a_server_is_ready_only_for_whole_models_in_every_task(name: str) -> None:
    known = library(name)
    assert not wrong_of(known, known.tasks)


def wrong_of(known: Library, tasks: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The faults of the tasks' models that their servers take for none, by task."""
    models = [f"{task}={tiny_model(known, task)}" for task in tasks]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "common" / "src")}
    command: list[str | Path] = [python_of(known), "-P", "-W", "ignore", PROGRAM, *models]
    done = subprocess.run(command, cwd=known.folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert list(found) == list(tasks)
    return {task: wrong for task, said in found.items() if (wrong := faulty(said))}


def faulty(said: Mapping[str, Any]) -> list[str]:
    """The faults of a task's model that its server takes for none."""
    whole, again = (stable(said[name]["answers"]) for name in WHOLE[:2])
    return [name for name, one in said.items() if not right(name, one, whole, is_repeatable=whole == again)]


def right(fault: str, said: Mapping[str, Any], whole: Answers, *, is_repeatable: bool) -> bool:
    """Whether a server is ready and answers as the whole model does (or refuses what it cannot do then), or is not
    ready, and tells why."""
    answers = stable(said["answers"])
    if said["reason"]:
        return fault not in WHOLE
    kept = [pair for pair in zip(answers, whole, strict=True) if pair[0][0] != 400]
    is_same = all(one == other for one, other in kept) and bool(kept)
    return fault not in NEVER_READY and (is_same if is_repeatable else all(one[0] == 200 for one, _ in kept))


def stable(answers: Answers) -> Answers:
    """Without what differs from answer to answer."""
    return [[status, OWN.sub("", body)] for status, body in answers]
