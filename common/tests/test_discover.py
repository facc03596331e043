from pathlib import Path

import pytest
from inference_common.discover import discover, tasks_in
from inference_common.errors import NotFound


def test_file_names_are_tasks_and_nothing_is_imported_before_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lib_a" / "pipelines"
    folder.mkdir(parents=True)
    (folder / "_shared.py").write_text("raise AssertionError")
    (folder / "fill_mask.py").write_text("raise AssertionError('imported')")
    (folder / "empty_one.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    found = discover("lib_a.pipelines")
    assert found.tasks == ("empty-one", "fill-mask")
    with pytest.raises(AssertionError, match="imported"):
        found.load("fill-mask")
    with pytest.raises(TypeError, match="must define one Pipeline, and defines 0"):
        found.load("empty-one")


def test_the_one_pipeline_of_a_file_is_found() -> None:
    assert discover("toys.pipelines").load("text-ranking").__name__ == "ToyRanking"


def test_what_is_missing_is_told() -> None:
    with pytest.raises(NotFound, match="'translation'; it answers: chat-completion, feature"):
        discover("toys.pipelines").load("translation")
    with pytest.raises(ModuleNotFoundError, match=r"no package toys\.nothing"):
        discover("toys.nothing")


PIPELINE = """
class {name}(Base):
    def __init__(self, model, device): ...
    def __call__(self, inputs, params): ...
"""


def test_only_what_the_file_itself_defines_in_full_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "lib_b" / "pipelines"
    folder.mkdir(parents=True)
    base = "from inference_common.pipeline import Pipeline\nfrom toys.pipelines.text_ranking import ToyRanking\n"
    abstract = "class Base(Pipeline): ...\n"
    (folder / "fill_mask.py").write_text(base + abstract + PIPELINE.format(name="One"))
    (folder / "translation.py").write_text(
        base + abstract + PIPELINE.format(name="One") + PIPELINE.format(name="Other")
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = discover("lib_b.pipelines")
    assert found.load("fill-mask").__name__ == "One"
    with pytest.raises(TypeError, match="must define one Pipeline, and defines 2"):
        found.load("translation")


def test_tasks_are_sorted_and_helpers_left_out(tmp_path: Path) -> None:
    for name in ("text_ranking.py", "fill_mask.py", "_shared.py", "__init__.py", "notes.txt"):
        (tmp_path / name).touch()
    assert tasks_in(tmp_path) == ["fill-mask", "text-ranking"]
