"""What tests of several scripts share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.torch_builds import torch_builds


@pytest.fixture
def offline_installers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Installers without a configuration, a cache or a network, and an empty cache of our own."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "TORCH_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("INFERENCE_CACHE", str(tmp_path / "cache"))
    torch_builds.cache_clear()
    yield
    torch_builds.cache_clear()
