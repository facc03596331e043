"""No server reaches for any address but its Hub's: dependencies report nothing."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker import DockerClient
from docker.models.containers import Container
from inference_common.tasks import TASKS
from inference_common.telemetry import OPT_OUT
from inference_common.testing.hub import Repo, serve_hub

from scripts.envs import python_of
from scripts.images import Library, libraries, library

from .conftest import targets, tiny_model
from .network import TCP, destination, recorded
from .servers import Server, start_container, start_process

REPORT_SECONDS = 12.0  # ONNX Runtime 1.32 sends its first report ten seconds after its import
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "known" in metafunc.fixturenames:
        names = metafunc.config.getoption("--library")
        chosen = [library(name) for name in names] or libraries()
        chosen = chosen if "process" in targets(metafunc.config) else []
        metafunc.parametrize("known", [pytest.param(known, id=known.hub_name) for known in chosen])


@pytest.fixture(autouse=True)
def _no_switch_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OPT_OUT:
        monkeypatch.delenv(name, raising=False)


def used(server: Server) -> int:
    """The status of a request, after the seconds in which reports would be sent; the server is stopped."""
    payload = TASKS[server.task].good[0]
    headers = {"content-type": payload.content_type or ""}
    status = server.client.post("/", content=payload.body, headers=headers).status_code
    time.sleep(REPORT_SECONDS)
    server.client.close()
    assert server.stop() == 0
    return status


def prepared(known: Library) -> Path:
    """The tiny model of its first task; that and the environment are made here, where the network is."""
    python_of(known)
    return tiny_model(known, known.tasks[0])


def test_the_recorder_sees_names_and_addresses() -> None:
    def attempt() -> None:
        for host in ("198.51.100.7", "reports.example.com", "127.0.0.1"):
            with pytest.raises(OSError, match=r"refused|resolution|not known"):
                socket.create_connection((host, 443), timeout=5)

    _, seen = recorded(attempt)
    assert "198.51.100.7:443" in seen
    assert any(place.endswith(":53 reports.example.com") for place in seen)
    assert not any(place.startswith("127.") for place in seen)


def test_the_recorder_reads_ipv6() -> None:
    ports = (40000).to_bytes(2, "big") + (443).to_bytes(2, "big")
    header = b"\x60" + bytes(5) + bytes([TCP]) + b"\x40" + bytes(16)
    assert destination(header + ipaddress.ip_address("2001:db8::7").packed + ports) == "2001:db8::7:443"
    assert destination(header + ipaddress.ip_address("::1").packed + ports) is None


def test_a_process_reaches_for_its_hub_only(
    known: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    model = prepared(known)

    def serve() -> int:
        with serve_hub({"org/tiny": Repo(model)}) as hub:
            return used(start_process(known, known.tasks[0], "org/tiny", HF_ENDPOINT=hub.url))

    status, seen = recorded(serve)
    assert (status, seen) == (200, set())
    assert "telemetry" not in capfd.readouterr().err.lower()


@pytest.fixture
def engine() -> Iterator[DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture
def idle(imaged: Library, engine: DockerClient) -> Iterator[Container]:
    """A container of the image that only holds a network namespace."""
    command = ["python", "-c", "import signal; signal.pause()"]
    container = engine.containers.run(imaged.image, command, detach=True, network_mode="none")
    yield container
    container.remove(force=True, v=True)


def test_a_container_reaches_for_its_hub_only(imaged: Library, idle: Container) -> None:
    idle.reload()
    namespace = Path("/proc") / str(idle.attrs["State"]["Pid"]) / "ns" / "net"
    if not os.access(namespace, os.R_OK):
        pytest.skip("the engine's containers are not processes of this machine, or not readable; run the tests as root")
    task = imaged.tasks[0]
    model = tiny_model(imaged, task)
    options = {"network_mode": f"container:{idle.id}", "read_only": True, "tmpfs": {"/tmp": ""}}

    def serve() -> tuple[int, str]:
        with serve_hub({"org/tiny": Repo(model)}) as hub:
            server = start_container(imaged, task, "org/tiny", options=options, HF_ENDPOINT=hub.url)
            assert server.container is not None
            log = server.container.logs(stream=True)  # still to be read when the container is gone
            return used(server), b"".join(log).decode()

    (status, log), seen = recorded(serve, namespace)
    assert (status, seen) == (200, set())
    assert "telemetry" not in log.lower()
