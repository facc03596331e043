"""What is derived from the folders is in step with them."""

from __future__ import annotations

from typing import Any

import hcl2
import yaml

from scripts.bake import bake_file
from scripts.bases import PLATFORMS
from scripts.generate import stale
from scripts.images import ROOT, libraries
from scripts.labels import labels
from scripts.lock import of_library, of_tools


def test_generated_files_are_in_step() -> None:
    assert stale() == [], "run ./manage.py generate"


def test_locks_are_in_step() -> None:
    states = {one.file: one.state for one in (*map(of_library, libraries()), *of_tools())}
    assert set(states.values()) == {"locked"}, f"run ./manage.py lock: {states}"


def test_the_bake_file_builds_every_library_on_what_its_dockerfile_names() -> None:
    targets = _targets()
    for known in libraries():
        target = targets[known.hub_name]
        assert (ROOT / _bare(target["context"]) / _bare(target["dockerfile"])).samefile(known.folder / "Dockerfile")
        contexts = {_bare(name): _bare(value) for name, value in target["contexts"].items()}
        assert set(contexts) >= {known.base, "inference-tools", "inference-common"}
        for value in contexts.values():
            assert value.removeprefix("target:") in targets


def test_each_image_of_the_bake_file_has_the_labels_of_build() -> None:
    targets = _targets()
    for known in libraries():
        own = targets[known.hub_name]
        inherited = [targets[_bare(name)] for name in own["inherits"]]
        names = {_bare(name) for target in (own, *inherited) for name in target["labels"]}
        assert names >= set(labels(known))


def test_the_release_sets_variables_of_the_bake_file_and_builds_each_platform() -> None:
    variables = {_bare(name) for block in hcl2.loads(bake_file())["variable"] for name in block}
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())
    publish = release["jobs"]["publish"]
    given = {name for step in publish["steps"] for name in step.get("env", {})} | set(release["env"])
    assert given <= variables
    built = {f"linux/{one['platform']}" for one in publish["strategy"]["matrix"]["include"]}
    assert built == set(PLATFORMS)


def _targets() -> dict[str, Any]:
    return {_bare(name): body for block in hcl2.loads(bake_file())["target"] for name, body in block.items()}


def _bare(text: str) -> str:
    return text.strip('"')
