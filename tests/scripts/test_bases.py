"""Digests of base images, read from a registry on loopback through the Docker engine."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from scripts import bases

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OLD = "sha256:" + "0" * 64
BOTH = ("amd64", "arm64")


def index(architectures: Sequence[str]) -> bytes:
    """An index of an image for Linux on these architectures."""
    manifests = [
        {
            "mediaType": MANIFEST,
            "digest": f"sha256:{hashlib.sha256(name.encode()).hexdigest()}",
            "size": 100,
            "platform": {"os": "linux", "architecture": name},
        }
        for name in architectures
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests}).encode()


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@pytest.fixture
def registry() -> Iterator[str]:
    """`host:port` of a registry that has base:both and base:single."""
    tags = {"both": index(BOTH), "single": index(BOTH[:1])}
    held = {**tags, **{digest(body): body for body in tags.values()}}  # by tag and by digest, as a client asks

    def manifest(request: Request) -> Response:
        body = held.get(request.path_params["reference"])
        if body is None:
            return JSONResponse({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "no such tag"}]}, 404)
        headers = {"docker-content-digest": digest(body), "content-length": str(len(body))}
        return Response(b"" if request.method == "HEAD" else body, headers=headers, media_type=INDEX)

    routes = [
        Route("/v2/", lambda _: JSONResponse({})),
        Route("/v2/base/manifests/{reference}", manifest, methods=["GET", "HEAD"]),
    ]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def dockerfile(tmp_path: Path) -> Path:
    return tmp_path / "Dockerfile"


@pytest.mark.target("docker")
def test_the_digest_of_the_index_is_written(
    registry: str, dockerfile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "# first\nARG PYTHON_IMAGE={}@{}\nARG WHEELS=scratch\nFROM ${{PYTHON_IMAGE}}\n"
    dockerfile.write_text(text.format(f"{registry}/base:both", OLD))
    bases.renew(dockerfile)
    new = digest(index(BOTH))
    assert dockerfile.read_text() == text.format(f"{registry}/base:both", new)
    assert f"{OLD} -> {new}" in capsys.readouterr().out


@pytest.mark.target("docker")
@pytest.mark.parametrize(
    ("tag", "reason"),
    [("single", r"base:single is not offered for linux/arm64"), ("none", r"base:none gives no digest .*no")],
)
def test_an_image_that_cannot_be_pinned_leaves_the_file(registry: str, dockerfile: Path, tag: str, reason: str) -> None:
    text = f"ARG PYTHON_IMAGE={registry}/base:{tag}@{OLD}\n"
    dockerfile.write_text(text)
    with pytest.raises(SystemExit, match=reason):
        bases.renew(dockerfile)
    assert dockerfile.read_text() == text


def test_what_the_images_begin_from_is_pinned() -> None:
    assert bases.python_image().partition("@")[2].startswith("sha256:")
    assert "common" in [file.parent.name for file in bases.dockerfiles()]
