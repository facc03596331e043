"""A model that is not loaded yet is waited for: the JavaScript client would ask anew, at once and without end."""

from __future__ import annotations

import re
from pathlib import Path

from inference_common.testing.hub import Repo, serve_hub

from scripts.images import library

from ..conftest import tiny_model
from ..official import call_javascript
from ..servers import start_process


def test_a_cold_model_costs_the_javascript_client_one_request(tmp_path: Path) -> None:
    known, task = library("sentence-transformers"), "feature-extraction"
    with serve_hub({"org/tiny": Repo(tiny_model(known, task))}) as hub:
        server = start_process(known, "", "", HF_HOME=str(tmp_path), HF_ENDPOINT=hub.url)
        address = f"{str(server.client.base_url).rstrip('/')}/models/org/tiny"
        (vector,) = call_javascript(address, [("featureExtraction", {"inputs": "hello"})])
        told = server.client.get("/metrics").text
        server.client.close()
        assert server.stop() == 0
    assert vector
    asked = re.findall(r'^requests_total\{route="/models/[^"]*",status="(\d+)"\} (\S+)$', told, re.MULTILINE)
    assert asked == [("200", "1.0")]
