"""Networks of one, two or four channels see images in the mode that their config names, as the library's own call."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.images import library

from ..pictures import opaque_of, pictures
from ..servers import Server, start_process
from ..sounds import run_script

KNOWN = library("transformers")
SCRIPT = Path(__file__).parent / "channels.py"
SCORES, VECTORS = "image-classification", "image-feature-extraction"


def numbers(server: Server, image: Path, compute_type: str, names: dict[str, int]) -> list[float]:
    query = {"top_k": str(len(names))} if server.task == SCORES else {"pool": "true"}
    answer = server.client.post("/", content=image.read_bytes(), params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-compute-type"] == compute_type
    if server.task == VECTORS:
        return [float(number) for number in np.ravel(answer.json())]
    return [one["score"] for one in sorted(answer.json(), key=lambda one: names[one["label"]])]


@pytest.mark.timeout(600)  # exporting takes a process that imports torch
@pytest.mark.parametrize(
    ("kind", "channels", "optimize"),
    [
        ("vit", 1, "none"),
        ("vit_of_three", 1, "onnx"),
        ("segformer", 2, "none"),
        ("vit", 4, "none"),
        ("vit", 4, "onnx"),
        ("clip", 1, "none"),
    ],
)
def test_an_image_is_read_in_the_network_s_channels(kind: str, channels: int, optimize: str, tmp_path: Path) -> None:
    images = pictures(tmp_path)
    if channels == 1:  # what is transparent is over white here, and whatever is below it in the library
        images = opaque_of(images)
    folder = tmp_path / "model"
    theirs = json.loads(run_script(KNOWN, SCRIPT, kind, folder, str(channels), *images))
    names = json.loads((folder / "config.json").read_text()).get("label2id", {})
    compute_type = "cpu+optimized" if optimize == "onnx" else "cpu"
    task = VECTORS if kind == "clip" else SCORES
    server = start_process(KNOWN, task, str(folder), OPTIMIZE=optimize, HF_HOME=str(tmp_path))
    try:
        for image, expected in zip(images, theirs, strict=True):
            assert numbers(server, image, compute_type, names) == pytest.approx(expected, abs=1e-4), image.name
    finally:
        server.client.close()
        assert server.stop() == 0
    assert theirs[0] != pytest.approx(theirs[1], abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "channels", "said"),
    [("vit", "12", "reads images of 12 channels"), ("vit_of_other", "1", "image_mean of its preprocessor_config.json")],
)
def test_a_network_of_channels_that_no_image_has_is_refused(
    kind: str, channels: str, said: str, tmp_path: Path
) -> None:
    assert said in json.loads(run_script(KNOWN, SCRIPT, kind, tmp_path / "model", channels))
