"""What a server says of itself in /openapi.json is what it does, whatever is sent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from inference_common.tasks import TASKS
from jsonschema import Draft202012Validator

from .servers import Server
from .test_contract import post

EXAMPLES = 10  # of each phase and operation
OPTIONS = (
    "--checks", "not_a_server_error", "--phases", "examples,coverage,fuzzing", "--seed", "1", "--no-color",
    "--request-timeout", "100",
)  # fmt: skip


def test_answers_are_as_described(served: Server) -> None:
    described = served.client.get("/openapi.json").json()
    content = described["paths"]["/"]["post"]["responses"]["200"]["content"]
    for payload in TASKS[served.task].good:
        answer = post(served, payload)
        schema = content[answer.headers["content-type"]]["schema"]
        if answer.headers["content-type"] == "application/json":
            Draft202012Validator({**schema, "components": described["components"]}).validate(answer.json())


@pytest.mark.process_only  # the same code answers in a container
@pytest.mark.timeout(330)
def test_nothing_that_the_description_allows_or_forbids_is_our_failure(served: Server, tmp_path: Path) -> None:
    url = str(served.client.base_url)
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--max-examples", str(EXAMPLES)]
    done = subprocess.run([*command, *OPTIONS], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout
    assert served.client.get("/ready").status_code == 200
