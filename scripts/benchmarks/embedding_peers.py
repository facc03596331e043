"""The peers that serve embeddings, as data: each a server of all-MiniLM-L6-v2 as its own documentation starts one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..envs import python_of, python_with
from ..images import library
from ..torch_files import TORCH
from . import models, workloads
from .servers import MINILM, PEERS, QUIET, TEXTS
from .targets import Command, Server


def peer(lock: str) -> Path:
    """The interpreter of a peer's own environment."""
    needs_torch = "torch" in (PEERS / f"{lock}.in").read_text().split()
    return python_with(f"bench-{lock}", PEERS / f"{lock}.txt", [TORCH] if needs_torch else [])


def infinity(engine: str, port: int) -> Command:
    """infinity-emb as its own command line starts it, with its usage reports turned off."""
    program = peer("infinity").with_name("infinity_emb")
    # Its onnx engine finds the file of a folder only at the top of the folder it runs in.
    options = [
        "--model-id", ".", "--engine", engine, "--device", "cpu", "--batch-size", "32", "--pooling-method", "mean"
    ]  # fmt: skip
    address = ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", "minilm", "--log-level", "warning"]
    cached = tempfile.mkdtemp(prefix="bench-infinity-")
    environment = {**QUIET, "INFINITY_ANONYMOUS_USAGE_STATS": "0", "HF_HOME": cached}
    return Command([program, "v2", *options, *address, "--no-bettertransformer"], models.minilm_flat(), environment)


def script(python: Callable[[], Path], file: str, port: int) -> Command:
    """A script of peers/ that takes the model and the port."""
    return Command([python(), PEERS / file, models.minilm(), str(port)], PEERS, QUIET)


def mlserver(port: int) -> Command:
    """MLServer over a folder of settings, with its batches of requests that wait for up to 5 ms."""
    folder = Path(tempfile.mkdtemp(prefix="bench-mlserver-"))
    ports = {"http_port": port, "grpc_port": port + 1, "metrics_port": port + 2, "host": "127.0.0.1", "debug": False}
    (folder / "settings.json").write_text(json.dumps(ports))
    model = {
        "name": "minilm", "implementation": "mlserver_minilm.MiniLM", "max_batch_size": 32, "max_batch_time": 0.005,
        "parameters": {"uri": str(models.minilm())},
    }  # fmt: skip
    (folder / "model-settings.json").write_text(json.dumps(model))
    environment = {"PYTHONPATH": str(PEERS), **QUIET}
    return Command([peer("mlserver").with_name("mlserver"), "start", folder], folder, environment)


def bentoml(port: int) -> Command:
    """BentoML's own command line, over the service in bento.py."""
    environment = {"MODEL": str(models.minilm_plain()), "BENTOML_DO_NOT_TRACK": "True", **QUIET}
    environment["BENTOML_HOME"] = tempfile.mkdtemp(prefix="bench-bentoml-")
    arguments = ["serve", "bento:Embeddings", "--host", "127.0.0.1", "--port", str(port)]
    return Command([peer("bentoml").with_name("bentoml"), *arguments], PEERS, environment)


def ray_serve(port: int) -> Command:
    """The script that starts Ray on this machine alone, and its server."""
    environment = {"RAY_USAGE_STATS_ENABLED": "0", **QUIET}
    return Command([peer("ray"), PEERS / "ray_serve.py", models.minilm_plain(), str(port)], PEERS, environment)


def of_openai(text: str) -> dict[str, Any]:
    """The body of OpenAI's embeddings."""
    return {"input": [text], "model": "minilm"}


def of_v2(text: str) -> dict[str, Any]:
    """The body of the Open Inference Protocol."""
    return {"inputs": [{"name": "texts", "shape": [1, 1], "datatype": "BYTES", "data": [text]}]}


def of_list(text: str) -> dict[str, Any]:
    """The body of one text where a server takes lists."""
    return {"inputs": [text]}


OPENAI = Server("", partial(infinity, ""), workloads.texts(of_openai), "/embeddings", ready="/health",
                answer=("data", 0, "embedding"))  # fmt: skip
INFINITY = replace(OPENAI, name="infinity-emb, torch", start=partial(infinity, "torch"))
INFINITY_ONNX = replace(OPENAI, name="infinity-emb, onnx", start=partial(infinity, "optimum"))
LITSERVE = Server(
    "LitServe", partial(script, partial(peer, "litserve"), "lit.py"), TEXTS, "/predict", ready="/health", answer=()
)
MLSERVER = Server(
    "MLServer", mlserver, workloads.texts(of_v2), "/v2/models/minilm/infer", ready="/v2/models/minilm/ready",
    answer=("outputs", 0, "data"),
)  # fmt: skip
RAY = Server("Ray Serve", ray_serve, TEXTS, ready="/", answer=())
BENTOML = Server("BentoML", bentoml, workloads.texts(of_list), "/encode", ready="/readyz", answer=(0,))
BLOCKING = Server(
    "blocking app", partial(script, lambda: python_of(library(MINILM[0])), "blocking.py"), TEXTS, ready="/", answer=()
)
PEER_SERVERS: Sequence[Server] = (INFINITY, INFINITY_ONNX, LITSERVE, MLSERVER, RAY, BENTOML)
