"""The image that builds start from: the engine's own, one that its registry offers, or what to do without either."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import docker
import pytest
from docker import DockerClient

from scripts.base_image import BaseImage, choose_base_image, why_not_pullable
from scripts.dockerd import why_not_reachable
from scripts.image_store import import_image

from .engines import own_engine

CONFIG = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 2, "digest": f"sha256:{'0' * 64}"}
TYPE = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": TYPE, "config": CONFIG, "layers": []}).encode()
UNKNOWN = json.dumps({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}).encode()


class Registry(BaseHTTPRequestHandler):
    """The part of an image registry that says which images there are: one, `offered:1`."""

    def do_GET(self) -> None:
        found = self.path == "/v2/" or self.path.startswith("/v2/offered/manifests/")
        body = MANIFEST if found else UNKNOWN
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", TYPE if found else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Keep the test's output to what fails."""


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[DockerClient, str]]:
    with own_engine() as engine:
        yield engine


@pytest.fixture
def client(engine: tuple[DockerClient, str], monkeypatch: pytest.MonkeyPatch) -> DockerClient:
    """The client of the test's own engine, which the docker command uses too."""
    monkeypatch.setenv("DOCKER_HOST", engine[1])
    return engine[0]


@pytest.fixture
def machine_client() -> Iterator[DockerClient]:
    """The client of the machine's engine, which reaches a registry of this machine; nothing is changed by it."""
    if why_not_reachable() is not None:
        pytest.skip("no Docker engine runs; ./manage.py test --target docker starts one")
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture(scope="module")
def registry() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def archive_of(folder: Path, name: str) -> Path:
    """A tar archive of one file of this name."""
    (folder / name).write_text(name)
    archive = folder / "files.tar"
    with tarfile.open(archive, "w") as files:
        files.add(folder / name, name)
    return archive


def test_an_image_that_its_registry_offers_can_be_pulled(machine_client: DockerClient, registry: str) -> None:
    assert why_not_pullable(machine_client, f"{registry}/offered:1") is None


def test_an_image_that_cannot_be_pulled_has_the_reason(machine_client: DockerClient, registry: str) -> None:
    assert "manifest unknown" in str(why_not_pullable(machine_client, f"{registry}/missing:1"))
    assert "connection refused" in str(why_not_pullable(machine_client, "127.0.0.1:1/missing:1"))


def test_where_the_default_cannot_be_pulled_nor_made_the_user_reads_what_to_do(
    client: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.base_image.python_image", lambda: "127.0.0.1:1/missing:1")
    monkeypatch.setenv("PATH", "")  # without apt-get
    with pytest.raises(SystemExit, match="--build-arg PYTHON_IMAGE=NAME"):
        choose_base_image(client)


def test_the_default_is_taken_where_the_engine_has_it(
    client: DockerClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("scripts.base_image.python_image", lambda: "127.0.0.1:1/python:1")
    import_image(archive_of(tmp_path, "file"), "127.0.0.1:1/python:1", {"GREETING": "hello"})
    assert choose_base_image(client) == BaseImage("127.0.0.1:1/python:1", "which the engine has")
    assert "GREETING=hello" in client.images.get("127.0.0.1:1/python:1").attrs["Config"]["Env"]
