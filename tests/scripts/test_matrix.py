"""`matrix`: every library, for a workflow that runs a job for each."""

from __future__ import annotations

import argparse
import json

import pytest
import yaml

from scripts import check, matrix, show
from scripts.images import ROOT, libraries


def test_it_prints_every_library_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix.run(argparse.Namespace()) == 0
    assert json.loads(capsys.readouterr().out) == {"library": [known.hub_name for known in libraries()]}


def test_the_workflow_runs_commands_that_there_are() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    steps = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    commands = [line.split('"$(')[-1].split(")")[0] for step in steps for line in step.splitlines()]
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers()
    for module in (check, matrix, show):
        module.add(verbs)
    parsed = [
        parser.parse_args(line.removeprefix("./manage.py ").replace('"', "").split())
        for line in commands
        if line.startswith("./manage.py ")
    ]
    only = [arguments.only for arguments in parsed if hasattr(arguments, "only")]
    assert sorted(only) == ["libraries", "shared"]  # together they are all
    assert all(arguments.all and set(arguments.target) == {"process", "docker"}
               for arguments in parsed if hasattr(arguments, "only"))  # fmt: skip
