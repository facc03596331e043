"""The Docker engine: found, started, stopped; what a user who cannot have one reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.dockerd import ensure_docker_engine, remove_stale_pid_file, start_engine, why_not_reachable

from .engines import own_engine, skip_where_none_can_start
from .users import run_python_as_nobody

ENSURE = ["-c", "from scripts.dockerd import ensure_docker_engine; ensure_docker_engine()"]


def test_an_engine_starts_answers_and_stops() -> None:
    with own_engine() as (_, url):
        assert why_not_reachable(url) is None
    assert why_not_reachable(url) is not None


def test_an_engine_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    skip_where_none_can_start()
    with pytest.raises(SystemExit, match="no-such-option"):
        start_engine(tmp_path / "log", ["dockerd", "--no-such-option"], f"unix://{tmp_path}/none")


def test_an_engine_that_runs_is_used(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with own_engine() as (_, url):
        monkeypatch.setenv("DOCKER_HOST", url)
        ensure_docker_engine()
    assert capsys.readouterr().out == ""


def test_only_the_pid_file_of_an_engine_that_ended_is_removed(tmp_path: Path) -> None:
    stale = tmp_path / "pid"
    for text in (str(os.getpid()), "", "4194305"):  # another program, an empty file, no process
        stale.write_text(text)
        remove_stale_pid_file(stale)
        assert not stale.exists()
    with own_engine() as (_, url):
        live = Path(url.removeprefix("unix://")).with_name("pid")
        remove_stale_pid_file(live)
        assert live.is_file()


def test_docker_host_without_an_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    with pytest.raises(SystemExit, match=r"DOCKER_HOST=tcp://127\.0\.0\.1:1"):
        ensure_docker_engine()


def test_a_user_who_may_not_use_the_engine_reads_the_command() -> None:
    with own_engine() as (_, url):
        folder = Path(url.removeprefix("unix://")).parent
        folder.chmod(0o755)
        (folder / "socket").chmod(0o600)
        done = run_python_as_nobody(ENSURE, {"DOCKER_HOST": url, "USER": "ada"})
    assert done.stderr.endswith("run: sudo usermod -aG docker ada\n")
    assert done.returncode == 1
