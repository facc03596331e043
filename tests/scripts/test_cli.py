"""What a person gets wrong at the front door is answered with what to do, in a line and without a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from inference_common.testing.hub import Hub, Repo, serve_hub

from scripts.images import ROOT


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """A Hub with a gated model and one of a library that is not here."""
    folder = tmp_path_factory.mktemp("model")
    (folder / "README.md").write_text("---\nlibrary_name: no-such-library\n---\n")
    (folder / "config.json").write_text("{}")
    with serve_hub({"org/gated": Repo(folder, token="a token"), "org/other": Repo(folder)}) as served:
        yield served


@pytest.mark.parametrize(
    ("arguments", "status", "expected"),
    [
        ([], 2, "./manage.py start"),
        (["dance"], 2, "There is no verb 'dance'. There are: start, docker"),
        (["strat"], 2, "Did you mean start?"),
        (["start", "no/such/folder"], 1, "name a folder that exists, or org/name"),
        (["start", "--library", "nothing"], 1, "There are: asteroid, "),
        (["start", "--library", "transformer"], 1, "Did you mean transformers"),
        (["start", "--port", "65536"], 2, "name one of 1 to 65535"),
        (["build", "nothing"], 1, "There are: asteroid, "),
        (["test", "nothing"], 1, "There are: asteroid, "),
    ],
)
def test_it_says_what_to_do(arguments: list[str], status: int, expected: str) -> None:
    done = manage(*arguments)
    assert done.returncode == status
    assert expected in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["org/missing"], "The Hub has no model org/missing, or it is private: check the id, or set HF_TOKEN"),
        (["org/gated"], "org/gated is gated: accept its terms on the Hub, then set HF_TOKEN"),
        (["org/other", "--revision", "v9"], "no revision 'v9'; name a branch, tag or commit"),
        (["org/other"], "a model of 'no-such-library', which is not here; the libraries here are: asteroid, "),
    ],
)
def test_a_model_that_cannot_be_had_from_the_hub(arguments: list[str], expected: str, hub: Hub, tmp_path: Path) -> None:
    done = manage("start", *arguments, HF_ENDPOINT=hub.url, HF_HUB_CACHE=str(tmp_path))
    assert done.returncode == 1
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"HF_ENDPOINT": "http://127.0.0.1:9"},
            "The Hub did not deliver org/name (ConnectError); check the network",
        ),
        ({"HF_HUB_OFFLINE": "1"}, "org/name is not in the cache, and HF_HUB_OFFLINE is set; unset it"),
    ],
)
def test_a_hub_that_cannot_be_reached(environment: dict[str, str], expected: str, tmp_path: Path) -> None:
    done = manage("start", "org/name", HF_HUB_CACHE=str(tmp_path), **environment)
    assert done.returncode == 1
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    done = manage("start", str(tmp_path))
    assert done.returncode == 1
    assert "name another model, or add --library with one of: asteroid, " in done.stderr


@pytest.mark.parametrize("verb", ["start", "docker"])
def test_a_port_that_is_taken(verb: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        done = manage(verb, "--port", str(taken))
    assert done.returncode == 1
    assert f"Port {taken} of 127.0.0.1 is taken by another program; name another one, such as --port" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
