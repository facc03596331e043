"""The targets there are, as data."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ..envs import python_of, python_with
from ..images import ROOT, library
from . import models, workloads
from .targets import Command, Server, Worker

HERE = Path(__file__).parent
PEERS, NOOP = HERE / "peers", HERE / "noop"
SERVE = ("-m", "inference_common.serve")
QUIET = {
    "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1",
}  # fmt: skip
OPTIMIZED = "cpu+optimized"


def ours(known_as: str, task: str, model: Callable[[], Path], port: int, **settings: str) -> Command:
    """A server of a library's, as `start` would run it."""
    known = library(known_as)
    environment = {
        "MODEL_ID": str(model()),
        "TASK": task,
        "PORT": str(port),
        "PYTHONPATH": models.SOURCES,
        **QUIET,
        **settings,
    }
    return Command([python_of(known), *SERVE], known.context, environment)


def no_setting(known_as: str, task: str, model: Callable[[], Path], port: int) -> Command:
    """The same with no setting at all, on a machine that has never run the model: it keeps no ONNX file yet."""
    return ours(known_as, task, model, port, HF_HOME=tempfile.mkdtemp(prefix="bench-hub-"))


def offline(known_as: str, task: str, model: Callable[[], Path], mode: str, bodies: Path) -> Command:
    """The same pipeline without a server."""
    known = library(known_as)
    return worker(python_of(known), "offline", task, model(), mode, bodies, folder=known.context)


def worker(python: str | Path, name: str, *arguments: str | Path, folder: Path = HERE) -> Command:
    """A module of workers/."""
    environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{models.SOURCES}", **QUIET}
    return Command([python, "-m", f"{__package__}.workers.{name}", *arguments], folder, environment)


def noop(app: str, port: int) -> Command:
    """An app of noop/, on the settings of uvicorn that every server of ours has."""
    environment = {
        "MODEL_ID": str(NOOP),
        "TASK": "text-classification",
        "PORT": str(port),
        "PYTHONPATH": models.SOURCES,
    }
    return Command([sys.executable, *SERVE, app], NOOP, environment)


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


def side_by_side(known_as: str, task: str, model: Callable[[], Path], like: Server) -> list[Server]:
    """Our servers of a model without an ONNX file: with no setting, changed over to the file that they make themselves,
    then with each setting of `OPTIMIZE`; each as `like` in all else."""
    start = partial(no_setting, known_as, task, model)
    first = replace(like, name="ours", start=start, compute_type=OPTIMIZED)
    modes = [
        replace(like, name=f"ours, {mode}", start=partial(ours, known_as, task, model, OPTIMIZE=mode)) for mode in MODES
    ]
    return [first, *modes]


MODES = ("none", "onnx", "int8")
MINILM = ("sentence-transformers", "feature-extraction", models.minilm)
MINILM_PLAIN = ("sentence-transformers", "feature-extraction", models.minilm_plain)
CLASSIFIER = ("transformers", "text-classification", models.classifier)
LITE0 = ("timm", "image-classification", models.efficientnet)
TEXTS = workloads.texts(plain)
WITH_FILE = Server("ours", partial(ours, *MINILM), TEXTS, answer=())
EMBEDDING_SERVERS = side_by_side(*MINILM_PLAIN, WITH_FILE)
OFFLINE = Worker("offline limit", partial(offline, *MINILM, "onnx"), TEXTS)

NOTHING = Server("ours", partial(noop, "app:app"), TEXTS)
ECHO = Server("echo", partial(noop, "echo:app"), TEXTS)

WRITER = Server("ours", partial(ours, "transformers", "text-generation", models.writer), workloads.texts(of_writing))

LITE0_SERVERS = side_by_side(*LITE0, Server("", partial(ours, *LITE0), workloads.photos, content_type="image/jpeg"))
LITE0_OFFLINE = Worker("offline limit", partial(offline, *LITE0, "none"), workloads.photos)
LITE0_ONNX_OFFLINE = Worker("offline limit, onnx", partial(offline, *LITE0, "onnx"), workloads.photos)

CLASSES_SERVERS = side_by_side(*CLASSIFIER, Server("", partial(ours, *CLASSIFIER), TEXTS))
CLASSES_OFFLINE = Worker("offline limit", partial(offline, *CLASSIFIER, "none"), TEXTS)
CLASSES_ONNX_OFFLINE = Worker("offline limit, onnx", partial(offline, *CLASSIFIER, "onnx"), TEXTS)

SOUNDS_OURS = Worker("ours", lambda bodies: worker(sys.executable, "audio", bodies), workloads.sounds)
SOUNDS_FFMPEG = Worker("ffmpeg process", ffmpeg, workloads.sounds)
JPEG_OURS = Worker("ours", partial(jpeg, "ours"), workloads.large_photo)
JPEG_FULL = Worker("full decode", partial(jpeg, "full"), workloads.large_photo)


def waiting(seconds: int) -> Server:
    """Our server, where an input may be expected to wait for so long."""
    return Server("ours", partial(ours, *MINILM, MAX_WAIT=str(seconds)), TEXTS)
