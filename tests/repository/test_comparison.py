"""The table of the comparison with the libraries leaves out no library, task or parameter."""

from __future__ import annotations

import fnmatch
from typing import Any

import numpy as np
import pytest
from inference_common.task import Params
from inference_common.tasks import TASKS

from scripts.images import ROOT, library

from ..comparison import answers, cases
from ..comparison.differences import differences
from ..comparison.inputs import ALWAYS, INPUTS, MORE
from ..comparison.values import FEW, FREE, VALUES

COMPARED = sorted({task for known in cases.compared() for task in known.tasks})
REFERENCE = ROOT / "tests" / "comparison" / "reference"


@pytest.mark.parametrize("task", COMPARED)
def test_every_parameter_has_a_case(task: str) -> None:
    assert cases.without_value(task) == []
    assert cases.unknown(task) == []


@pytest.mark.parametrize("task", sorted(VALUES))
def test_every_case_is_of_a_value_that_is_sent_and_is_not_the_default(task: str) -> None:
    fields = TASKS[task].params.model_fields
    for name, some in VALUES[task].items():
        outer, _, inner = name.partition(".")
        assert some, name
        for own in some:
            assert inner in own[outer] if inner else own[outer] != fields[outer].default, (name, own)


def test_every_task_has_inputs_and_every_library_its_own_call() -> None:
    assert set(INPUTS) == set(COMPARED)
    for known in cases.compared():
        files = [*REFERENCE.glob(f"{known.name}.py"), *REFERENCE.glob(f"{known.name}/*.py")]
        written = "".join(file.read_text(encoding="utf-8") for file in files)
        assert [task for task in known.tasks if f'"{task}":' not in written] == []


def test_the_tables_name_what_there_is() -> None:
    assert ALWAYS.keys() | FREE | {task for task, _ in FEW} | VALUES.keys() <= set(COMPARED)
    for name, task in MORE:
        assert task in library(name).tasks
    for models in (cases.OTHER_MODELS, cases.ONNX):
        for name, tasks in models.items():
            assert set(tasks.values()) <= set(library(name).tasks)


def test_every_difference_is_of_what_there_is_and_has_a_reason() -> None:
    for row in differences():
        assert row.reason.endswith("."), row
        assert set(row.tasks) <= set(library(row.library).tasks), row
        known = [set(cases.parameters_of(TASKS[task].params)) for task in row.tasks]
        assert (row.kind in ("refused", "ignored", "mended")) == bool(row.parameters), row
        for pattern in row.parameters:
            assert any(fnmatch.filter(names, pattern) for names in known), (row, pattern)


class Inner(Params):
    size: int = 1


class Outer(Params):
    name: str | None = None
    inner: Inner | None = None


def test_parameters_are_found_in_others() -> None:
    assert list(cases.parameters_of(Outer)) == ["name", "inner", "inner.size"]


def test_a_sample_is_the_same_for_a_seed_and_another_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = []
    for seed in ("1", "1", "2", "3"):
        monkeypatch.setenv(cases.SEED, seed)
        samples.append([cases.sample_of(known.hub_name, task) for known in cases.compared() for task in known.tasks])
    assert samples[0] == samples[1]
    assert samples[1] != samples[2] != samples[3]
    for some in samples[0]:
        every = cases.cases_of(some[0].library, some[0].task)
        assert all(one in every for one in some)
        assert not some[0].about


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ([1.0, 2.0], [1.0009, 2.0], 0),
        ([1.0, 2.0], [1.0, 2.003], 1),
        ([[1.0], [2.0]], [[1.0]], 1),
        ({"label": "a", "score": 0.5}, {"label": "a", "score": 0.502}, 1),
        ({"label": "a", "score": 0.5}, {"label": "b", "score": 0.5}, 1),
        ({"label": "a"}, {"label": "a", "more": 1}, 1),
        ([{"a": "x"}], [{"a": "x"}, {"a": "y"}], 1),
        ({"pixels": np.array([[3]], np.uint8)}, {"pixels": np.array([[4]], np.uint8)}, 0),
        ({"pixels": np.array([[3]], np.uint8)}, {"pixels": np.array([[5]], np.uint8)}, 1),
        ("a", "b", 1),
        (1, True, 1),
        (None, 0, 1),
        ([], [1.0], 1),
        (float("nan"), 1.0, 1),
    ],
)
def test_answers_are_apart_where_anything_is(one: Any, other: Any, found: int) -> None:
    assert len(list(answers.apart(one, other))) == found
    assert list(answers.apart(one, one)) == [] or one != one
