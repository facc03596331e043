"""What is derived from the folders is in step with them."""

from __future__ import annotations

import hcl2

from scripts.bake import bake_file
from scripts.generate import stale
from scripts.images import ROOT, libraries
from scripts.lock import of_library, of_tools


def test_generated_files_are_in_step() -> None:
    assert stale() == [], "run ./manage.py generate"


def test_locks_are_in_step() -> None:
    states = {one.file: one.state for one in (*map(of_library, libraries()), *of_tools())}
    assert set(states.values()) == {"locked"}, f"run ./manage.py lock: {states}"


def test_the_bake_file_builds_every_library_on_what_its_dockerfile_names() -> None:
    parsed = hcl2.loads(bake_file())
    targets = {_bare(name): body for block in parsed["target"] for name, body in block.items()}
    for known in libraries():
        target = targets[known.hub_name]
        assert (ROOT / _bare(target["context"]) / _bare(target["dockerfile"])).samefile(known.folder / "Dockerfile")
        contexts = {_bare(name): _bare(value) for name, value in target["contexts"].items()}
        assert set(contexts) >= {known.base, "inference-tools", "inference-common"}
        for value in contexts.values():
            assert value.removeprefix("target:") in targets


def _bare(text: str) -> str:
    return text.strip('"')
