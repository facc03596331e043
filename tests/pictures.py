"""Pictures for tests of networks that read channels of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def pictures(folder: Path) -> list[Path]:
    """A photo, one in gray that is another, and one in colours and gray each of which is transparent in places."""
    chance = np.random.default_rng(0)
    levels = np.kron(chance.integers(0, 256, (8, 10, 4)), np.ones((6, 6, 1))).astype(np.uint8)
    photo = Image.fromarray(levels[..., :3])
    photo.save(folder / "photo.jpg", quality=95)
    photo.convert("L").transpose(Image.Transpose.ROTATE_180).save(folder / "gray.png")
    Image.fromarray(levels).save(folder / "clear.png")
    Image.fromarray(levels).convert("LA").save(folder / "clear-gray.png")
    return [folder / name for name in ("photo.jpg", "gray.png", "clear.png", "clear-gray.png")]


def opaque_of(files: list[Path]) -> list[Path]:
    """Those that are transparent nowhere."""
    return [file for file in files if "clear" not in file.name]
