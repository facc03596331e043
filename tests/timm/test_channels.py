"""Networks of one, two or four channels see images in the mode that their config names, as the library's own call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.images import library

from ..pictures import opaque_of, pictures
from ..servers import Server, start_process
from ..sounds import run_script

KNOWN = library("timm")
SCRIPT = Path(__file__).parent / "channels.py"
TASK = "image-classification"


def scores(server: Server, image: Path, compute_type: str) -> list[float]:
    answer = server.client.post("/", content=image.read_bytes())
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-compute-type"] == compute_type
    return [one["score"] for one in sorted(answer.json(), key=lambda one: str(one["label"]))]


@pytest.mark.timeout(600)  # exporting takes a process that imports torch
@pytest.mark.parametrize(
    ("channels", "config", "optimize"),
    [(1, "own", "none"), (1, "of-three", "onnx"), (2, "own", "none"), (4, "own", "none"), (4, "own", "onnx")],
)
def test_an_image_is_read_in_the_network_s_channels(channels: int, config: str, optimize: str, tmp_path: Path) -> None:
    images = pictures(tmp_path)
    if channels == 1:  # what is transparent is over white here, and whatever is below it in the library
        images = opaque_of(images)
    folder = tmp_path / config
    theirs = json.loads(run_script(KNOWN, SCRIPT, folder, str(channels), *images))
    compute_type = "cpu+optimized" if optimize == "onnx" else "cpu"
    server = start_process(KNOWN, TASK, str(folder), OPTIMIZE=optimize, HF_HOME=str(tmp_path))
    try:
        for image, expected in zip(images, theirs, strict=True):
            assert scores(server, image, compute_type) == pytest.approx(expected, abs=1e-4), image.name
    finally:
        server.client.close()
        assert server.stop() == 0
    assert theirs[0] != pytest.approx(theirs[1], abs=1e-3)


def test_a_network_of_channels_that_no_image_has_is_refused(tmp_path: Path) -> None:
    assert "reads images of 6 channels" in json.loads(run_script(KNOWN, SCRIPT, tmp_path / "own", "6"))
