"""`build` with a real engine: a build that fails is a verb that fails."""

from __future__ import annotations

import pytest

from scripts.build import build
from scripts.images import Library, library


@pytest.mark.defect(16)
def test_a_base_that_does_not_exist_fails_the_build(imaged: Library, capfd: pytest.CaptureFixture[str]) -> None:
    assert build([imaged], ["PYTHON_IMAGE=127.0.0.1:1/no-such-image"]) != 0
    assert "no-such-image" in capfd.readouterr().err


@pytest.mark.defect(17)
@pytest.mark.parametrize("name", ["sentence-transformers", "sentence_transformers"])
def test_a_library_has_one_image_by_either_name(name: str) -> None:
    known = library(name)
    assert (known.name, known.hub_name) == ("sentence_transformers", "sentence-transformers")
    assert known.image == "inference-sentence-transformers"


def test_an_unknown_library_is_told_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no-such-library.*sentence-transformers"):
        library("no-such-library")
