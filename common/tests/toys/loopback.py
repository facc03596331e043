"""Models of a loopback Hub, for servers in the test's own process and in others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import constants, file_download
from inference_common import revisions
from inference_common.source import HubSource
from inference_common.testing.hub import Hub

CARD = "---\npipeline_tag: {}\n{}---\n"


def toy(folder: Path, *, factor: int | None = None, task: str = "feature-extraction", front: str = "") -> Path:
    """A toy model's folder; its answers are multiplied by `factor`, `front` are further lines of its card."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text(CARD.format(task, front))
    (folder / "weights").write_bytes(bytes(1024))
    if factor is not None:
        (folder / "factor").write_text(str(factor))
    return folder


def at_loopback(hub: Hub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process's servers of many models ask that Hub, which the Hub's client chose before the test began."""
    real = revisions.hub_source

    def source(name: str, **given: Any) -> HubSource:
        found = real(name, **given)
        found._endpoint, found._cache = hub.url, cache
        return found

    monkeypatch.setattr(revisions, "hub_source", source)
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, hub.url)
    for module in (constants, file_download):  # which has a copy, before release 1
        monkeypatch.setattr(module, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
    monkeypatch.setattr(constants, "ENDPOINT", hub.url)


def beside(hub: Hub, folder: Path) -> dict[str, str]:
    """The environment of a server process that asks that Hub, with its cache in a folder."""
    return {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hf"), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
