"""A config asks for no more than its weights hold: the model is refused at once, and others are served."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
from inference_common.testing.hub import Repo, serve_hub

from scripts.images import library

from ..conftest import tiny_model
from ..servers import start_process

CONFIGS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "layers": ({"num_hidden_layers": 10**7}, "num_hidden_layers 10,000,000"),
    "deep": ({"num_hidden_layers": 999}, "modules, and its weights hold"),
    "vocabulary": ({"vocab_size": 2_000_000}, "vocab_size 2,000,000"),
    "labels": ({"num_labels": 10**9, "id2label": None, "label2id": None}, "num_labels 1,000,000,000"),
    "width": ({"intermediate_size": 10**9}, "numbers, and its weights hold"),
    "positions": ({"max_position_embeddings": 10**10}, "numbers, and its weights hold"),
}
MAX_TAKEN = 100 * 2**20  # bytes, of all these loads


def test_a_config_beyond_its_weights_harms_nobody(tmp_path: Path) -> None:
    known, task = library("transformers"), "text-classification"
    good = tiny_model(known, task)
    repos = {"org/good": Repo(good)}
    for name, (changed, _) in CONFIGS.items():
        folder = Path(shutil.copytree(good, tmp_path / name))
        config = json.loads((folder / "config.json").read_text()) | changed
        (folder / "config.json").write_text(json.dumps({key: it for key, it in config.items() if it is not None}))
        repos[f"org/{name}"] = Repo(folder)
    with serve_hub(repos) as hub:
        settings = {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "cache"), "HF_HUB_OFFLINE": "0"}
        server = start_process(known, "", "", **settings)

        def ask(name: str) -> Any:
            return server.client.post(f"/pipeline/{task}/org/{name}", json={"inputs": "I like you"})

        assert ask("good").status_code == 200
        assert server.process is not None
        before = psutil.Process(server.process.pid).memory_info().rss
        for name, (_, reason) in CONFIGS.items():
            refused = ask(name)
            assert refused.status_code == 400, refused.text
            assert reason in refused.json()["error"]
            assert ask("good").status_code == 200
        assert psutil.Process(server.process.pid).memory_info().rss < before + MAX_TAKEN
        server.client.close()
        assert server.stop() == 0
