from __future__ import annotations

import argparse
import json

import pytest

from scripts import show
from scripts.images import libraries

# docker-py leaves its socket open where no engine listens.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_program_reads_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert show.run(argparse.Namespace(json=True)) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["library"] for row in rows] == [known.hub_name for known in libraries()]
    assert all(row["tasks"] and row["lock"] == "locked" for row in rows)


def test_a_person_reads_names_tasks_and_states(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")  # nobody listens there
    assert show.run(argparse.Namespace(json=False)) == 0
    said = capsys.readouterr().out
    assert "sentence-transformers  (lock: locked; image inference-sentence-transformers: not built)" in said
    assert "\n  sentence-similarity\n" in said
