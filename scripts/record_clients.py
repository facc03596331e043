"""Records what each release of the official clients sends for each method: `python -m scripts.record_clients`.

It needs the registries of both languages, and some minutes; tests replay what it writes below tests/clients/recorded,
and need neither. Which calls are made is in scripts/clients/hub.json and inference.json.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .clients import records, releases
from .images import ROOT
from .progress import step

RECORDED = ROOT / "tests" / "clients" / "recorded"
CLIENTS: Mapping[str, tuple[Callable[[], Mapping[str, str]], Callable[[str, Path], list[dict[str, Any]]]]] = {
    "huggingface_hub": (releases.hub_releases, releases.record_hub),
    "inference": (releases.inference_releases, releases.record_inference),
}


def main() -> None:
    """Record every release of every client anew."""
    agents = {}
    for client, (versions, record) in CLIENTS.items():
        found = {}
        for release, version in versions().items():
            with tempfile.TemporaryDirectory() as folder, step(f"Recording {client} {version}"):
                found[release] = record(version, Path(folder))
        records.write(RECORDED / client, records.merged(found, releases.SAMPLES))
        agents[client] = records.agents(found)
    (RECORDED / "agents.json").write_text(json.dumps(agents, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
