from __future__ import annotations

import argparse
import json

import pytest

from scripts import matrix
from scripts.images import libraries

ALL = [known.hub_name for known in libraries()]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], []),
        (["README.md", "docs/operate.md", "docker_images/transformers/notes.md"], []),
        (["docker_images/sentence_transformers/app/main.py"], ["sentence-transformers", "sentence-transformers-onnx"]),
        (["docker_images/sentence_transformers/models.py", "common/src/inference_common/app.py"], ALL),
        (["tests/test_contract.py"], ALL),
    ],
)
def test_a_change_touches_what_it_can_break(paths: list[str], expected: list[str]) -> None:
    assert matrix.touched(paths) == expected


def test_it_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert matrix.run(argparse.Namespace(changed=None)) == 0
    assert json.loads(capsys.readouterr().out) == {"library": ALL}
    assert matrix.run(argparse.Namespace(changed="HEAD")) == 0
    assert json.loads(capsys.readouterr().out) == {"library": []}


def test_an_unknown_base_is_said() -> None:
    with pytest.raises(SystemExit, match="no-such-branch"):
        matrix.run(argparse.Namespace(changed="no-such-branch"))
