"""The README's example, pasted: what it sends is answered with what it shows."""

from __future__ import annotations

import json
import re
import shlex
import subprocess

import pytest

from scripts.choice import packaged_demo
from scripts.images import ROOT, library
from scripts.prerequisites import CURL

from ..needs import require
from ..servers import start_process


def test_the_curl_of_the_readme_gets_the_answer_it_shows() -> None:
    require(CURL)
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```\n(.*?)```", readme, re.DOTALL)
    command = next(block for block in blocks if block.startswith("curl "))
    shown = json.loads(blocks[blocks.index(command) + 1])
    known = library("sentence-transformers")
    server = start_process(known, "sentence-similarity", packaged_demo(known))
    pasted = command.replace("http://127.0.0.1:8000", str(server.client.base_url)).replace("\\\n", " ")
    said = subprocess.run(shlex.split(pasted), capture_output=True, text=True, check=True).stdout
    server.client.close()
    assert server.stop() == 0
    assert json.loads(said) == pytest.approx(shown, abs=1e-5)
