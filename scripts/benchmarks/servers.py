"""The targets there are, as data."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..envs import python_of, python_with
from ..images import ROOT, library
from ..torch_files import TORCH
from . import models, workloads
from .targets import Command, Server, Worker

HERE = Path(__file__).parent
PEERS, NOOP = HERE / "peers", HERE / "noop"
SERVE = ("-m", "inference_common.serve")
QUIET = {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}


def ours(known_as: str, task: str, model: Callable[[], Path], port: int, **settings: str) -> Command:
    """A server of a library's, as `start` would run it."""
    known = library(known_as)
    told = {
        "MODEL_ID": str(model()),
        "TASK": task,
        "PORT": str(port),
        "PYTHONPATH": models.SOURCES,
        **QUIET,
        **settings,
    }
    return Command([python_of(known), *SERVE], known.context, told)


def offline(known_as: str, task: str, model: Callable[[], Path], mode: str, bodies: Path) -> Command:
    """The same pipeline without a server."""
    known = library(known_as)
    return worker(python_of(known), "offline", task, model(), mode, bodies, folder=known.context)


def worker(python: str | Path, name: str, *arguments: str | Path, folder: Path = HERE) -> Command:
    """A module of workers/."""
    told = {"PYTHONPATH": f"{ROOT}{os.pathsep}{models.SOURCES}", **QUIET}
    return Command([python, "-m", f"{__package__}.workers.{name}", *arguments], folder, told)


def peer(lock: str) -> Path:
    """The interpreter of a peer's own environment."""
    return python_with(f"bench-{lock}", PEERS / f"{lock}.txt", [TORCH])


def infinity(engine: str, port: int) -> Command:
    """infinity-emb as its own command line starts it, told to send nothing home."""
    program = peer("infinity").with_name("infinity_emb")
    # Its onnx engine finds the file of a folder only at the top of the folder it runs in.
    options = [
        "--model-id", ".", "--engine", engine, "--device", "cpu", "--batch-size", "32", "--pooling-method", "mean"
    ]  # fmt: skip
    told = ["--host", "127.0.0.1", "--port", str(port), "--served-model-name", "minilm", "--log-level", "warning"]
    cached = tempfile.mkdtemp(prefix="bench-infinity-")
    environment = {**QUIET, "INFINITY_ANONYMOUS_USAGE_STATS": "0", "HF_HOME": cached}
    return Command([program, "v2", *options, *told, "--no-bettertransformer"], models.minilm_flat(), environment)


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
    told = {"PYTHONPATH": str(PEERS), **QUIET}
    return Command([peer("mlserver").with_name("mlserver"), "start", folder], folder, told)


def noop(app: str, port: int) -> Command:
    """An app of noop/, on the settings of uvicorn that every server of ours has."""
    told = {"MODEL_ID": str(NOOP), "TASK": "text-classification", "PORT": str(port), "PYTHONPATH": models.SOURCES}
    return Command([sys.executable, *SERVE, app], NOOP, told)


def ffmpeg(bodies: Path) -> Command:
    """The worker that starts ffmpeg."""
    return worker(python_with("bench-ffmpeg", HERE / "tools" / "ffmpeg.txt"), "ffmpeg", bodies)


def jpeg(way: str, bodies: Path) -> Command:
    """The worker that prepares images for timm's network."""
    known = library(LITE0[0])
    return worker(python_of(known), "jpeg", way, models.efficientnet(), bodies, folder=known.context)


def plain(text: str) -> dict[str, Any]:
    """The body that we and the simplest of servers take."""
    return {"inputs": text}


def of_writing(text: str) -> dict[str, Any]:
    """The body that asks for 64 tokens more."""
    return {"inputs": text, "parameters": {"max_new_tokens": 64, "do_sample": False}}


def of_openai(text: str) -> dict[str, Any]:
    """The body of OpenAI's embeddings."""
    return {"input": [text], "model": "minilm"}


def of_v2(text: str) -> dict[str, Any]:
    """The body of the Open Inference Protocol."""
    return {"inputs": [{"name": "texts", "shape": [1, 1], "datatype": "BYTES", "data": [text]}]}


MINILM = ("sentence-transformers", "feature-extraction", models.minilm)
CLASSIFIER = ("transformers", "text-classification", models.classifier)
LITE0 = ("timm", "image-classification", models.efficientnet)
TEXTS = workloads.texts(plain)
OPENAI = Server("", partial(infinity, ""), workloads.texts(of_openai), "/embeddings", ready="/health",
                answer=("data", 0, "embedding"))  # fmt: skip
OURS = Server("ours", partial(ours, *MINILM), TEXTS, answer=())
OURS_INT8 = Server("ours, int8", partial(ours, *MINILM, OPTIMIZE="int8"), TEXTS, answer=())
OFFLINE = Worker("offline limit", partial(offline, *MINILM, "auto"), TEXTS)
INFINITY = replace(OPENAI, name="infinity-emb, torch", start=partial(infinity, "torch"))
INFINITY_ONNX = replace(OPENAI, name="infinity-emb, onnx", start=partial(infinity, "optimum"))
LITSERVE = Server(
    "LitServe", partial(script, partial(peer, "litserve"), "lit.py"), TEXTS, "/predict", ready="/health", answer=()
)
MLSERVER = Server(
    "MLServer", mlserver, workloads.texts(of_v2), "/v2/models/minilm/infer", ready="/v2/models/minilm/ready",
    answer=("outputs", 0, "data"),
)  # fmt: skip
BLOCKING = Server(
    "blocking app", partial(script, lambda: python_of(library(MINILM[0])), "blocking.py"), TEXTS, ready="/", answer=()
)
PEER_SERVERS: Sequence[Server] = (INFINITY, INFINITY_ONNX, LITSERVE, MLSERVER)

NOTHING = Server("ours", partial(noop, "app:app"), TEXTS)
ECHO = Server("echo", partial(noop, "echo:app"), TEXTS)

WRITER = Server("ours", partial(ours, "transformers", "text-generation", models.writer), workloads.texts(of_writing))

LITE0_OURS = Server("ours", partial(ours, *LITE0, OPTIMIZE="none"), workloads.photos, content_type="image/jpeg")
LITE0_ONNX = replace(LITE0_OURS, name="ours, onnx", start=partial(ours, *LITE0, OPTIMIZE="onnx"))
LITE0_OFFLINE = Worker("offline limit", partial(offline, *LITE0, "none"), workloads.photos)
LITE0_ONNX_OFFLINE = Worker("offline limit, onnx", partial(offline, *LITE0, "onnx"), workloads.photos)

CLASSES_OURS = Server("ours", partial(ours, *CLASSIFIER, OPTIMIZE="none"), TEXTS)
CLASSES_ONNX = Server("ours, onnx", partial(ours, *CLASSIFIER, OPTIMIZE="onnx"), TEXTS)
CLASSES_OFFLINE = Worker("offline limit", partial(offline, *CLASSIFIER, "none"), TEXTS)
CLASSES_ONNX_OFFLINE = Worker("offline limit, onnx", partial(offline, *CLASSIFIER, "onnx"), TEXTS)

SOUNDS_OURS = Worker("ours", lambda bodies: worker(sys.executable, "audio", bodies), workloads.sounds)
SOUNDS_FFMPEG = Worker("ffmpeg process", ffmpeg, workloads.sounds)
JPEG_OURS = Worker("ours", partial(jpeg, "ours"), workloads.large_photo)
JPEG_FULL = Worker("full decode", partial(jpeg, "full"), workloads.large_photo)


def waiting(seconds: int) -> Server:
    """Our server, where an input may be expected to wait for so long."""
    return Server("ours", partial(ours, *MINILM, MAX_WAIT=str(seconds)), TEXTS)
