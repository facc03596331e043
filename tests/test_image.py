"""What every image promises, seen from outside: who runs in it, what is in it, and what it needs to write."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import datetime

import docker
import httpx
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from docker import DockerClient
from inference_common.task import Payload
from inference_common.tasks import TASKS
from inference_common.testing.hub import Repo, serve_hub

from scripts.images import Library
from scripts.labels import PREFIX, of_library

from .conftest import tiny_model
from .servers import Server, start_container

MAX_BYTES = {"sentence_transformers_onnx": 350_000_000}
"""The largest that an image of a library may be, where that is what it is for."""


@pytest.fixture
def engine() -> Iterator[DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


def run(engine: DockerClient, known: Library, code: str) -> str:
    """The output of Python code inside the image."""
    return engine.containers.run(known.image, ["python", "-c", code], remove=True).decode().strip()


def test_it_is_described_and_its_size_known(imaged: Library, engine: DockerClient) -> None:
    image = engine.images.get(imaged.image)
    config = image.attrs["Config"]
    print(f"{imaged.image}: {image.attrs['Size'] / 1e6:.0f} MB")
    assert image.attrs["Size"] > 0
    assert config["User"] == "inference"
    assert config["Cmd"] == ["python", "-m", "inference_common.serve"]
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert "/data" in config["Volumes"]
    assert "80/tcp" in config["ExposedPorts"]
    assert image.attrs["Size"] < MAX_BYTES.get(imaged.name, math.inf)


def test_its_labels_say_what_it_was_built_from(imaged: Library, engine: DockerClient) -> None:
    found = engine.images.get(imaged.image).attrs["Config"]["Labels"]
    assert found.items() >= {f"{PREFIX}{name}": value for name, value in of_library(imaged).items()}.items()
    assert found[f"{PREFIX}base.name"]
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", found[f"{PREFIX}revision"])
    assert datetime.fromisoformat(found[f"{PREFIX}created"]).tzinfo is not None


def test_its_sbom_lists_what_is_installed(imaged: Library, engine: DockerClient) -> None:
    code = """
import json, sys, importlib.metadata as m
installed = {d.metadata["Name"]: d.version for d in m.distributions()}
print(json.dumps([open(f"{sys.prefix}/sbom.cdx.json").read(), installed]))
"""
    text, installed = json.loads(run(engine, imaged, code))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    sbom = json.loads(text)
    assert sbom["metadata"]["component"]["name"] == "inference-common"
    assert {part["name"]: part["version"] for part in sbom["components"]} == installed
    assert all(part["purl"].startswith("pkg:pypi/") for part in sbom["components"])


def test_it_holds_no_file_that_no_server_reads(imaged: Library, engine: DockerClient) -> None:
    code = """
import pathlib, sysconfig
packages = pathlib.Path(sysconfig.get_path("purelib"))
print([str(f) for name in ("**/tests/", "torch/include/", "onnxruntime/capi/libonnxruntime.so.*")
       for f in packages.glob(name) if f.name != "tests.py"])
"""
    assert run(engine, imaged, code) == "[]"


@pytest.mark.defect(15)
def test_nobody_in_it_is_root_and_nothing_in_it_builds(imaged: Library, engine: DockerClient) -> None:
    code = "import os, shutil, json; print(json.dumps([os.getuid(), [t for t in TOOLS if shutil.which(t)]]))"
    uid, tools = json.loads(run(engine, imaged, f"TOOLS = {['pip', 'pip3', 'uv', 'gcc', 'cc', 'make', 'git']}; {code}"))
    assert uid == 1000
    assert tools == []


def test_its_bytecode_is_compiled(imaged: Library, engine: DockerClient) -> None:
    code = """
import importlib.util, os
names = ['inference_common.app', 'starlette.applications', 'app.main']
print([n for n in names if not os.path.isfile(importlib.util.cache_from_source(importlib.util.find_spec(n).origin))])
"""
    assert run(engine, imaged, code) == "[]"


@pytest.mark.docker_only
@pytest.mark.first_task
def test_it_runs_on_a_read_only_root(served: Server) -> None:
    assert served.container is not None
    host = served.container.attrs["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in host["SecurityOpt"]
    assert served.client.post("/", content=TASKS[served.task].good[0].body).status_code == 200


@pytest.mark.docker_only
@pytest.mark.first_task
def test_the_health_check_passes(served: Server) -> None:
    assert served.container is not None
    image = served.container.image
    assert image is not None
    command = image.attrs["Config"]["Healthcheck"]["Test"][1:]
    assert served.container.exec_run(command).exit_code == 0
    assert served.client.get("/health").status_code == 200


def ask(server: Server, path: str, payload: Payload) -> httpx.Response:
    headers = {"content-type": payload.content_type or ""}
    return server.client.post(path, content=payload.body, headers=headers)


def test_without_a_model_it_serves_any_and_a_pinned_start_reads_its_cache(
    imaged: Library, engine: DockerClient
) -> None:
    task = imaged.tasks[0]
    volume = engine.volumes.create()
    options = {"network_mode": "host", "volumes": {volume.name: {"bind": "/data", "mode": "rw"}}}
    try:
        with serve_hub({"org/tiny": Repo(tiny_model(imaged, task))}) as hub:
            # Trusted, since some libraries' files can run code.
            settings = {"HF_ENDPOINT": hub.url, "TRUSTED_MODELS": "org/*"}
            server = start_container(imaged, task, "", options=options, **settings)
            here, there = (ask(server, path, TASKS[task].good[0]) for path in ("/", "/models/org/tiny"))
            server.client.close()
            assert server.stop() == 0
            downloads = len(hub.downloads())

            server = start_container(imaged, task, "org/tiny", options=options, HF_ENDPOINT=hub.url)
            revision = server.client.get("/info").json()["revision"]
            server.client.close()
            assert server.stop() == 0
            assert revision == hub.repos["org/tiny"].commit
            assert len(hub.downloads()) == downloads > 0
    finally:
        volume.remove()
    assert here.status_code == 404
    assert "/models/ORG/NAME" in here.json()["error"]
    assert there.status_code == 200
