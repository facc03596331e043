import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from inference_common import threads


def test_there_is_a_core_at_least() -> None:
    assert threads.cores() >= 1


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of eight cores, whose control groups say nothing yet."""
    monkeypatch.setattr(threads, "_allowed", lambda: 8)
    monkeypatch.setattr(threads, "_CPU_MAX", tmp_path / "cpu.max")
    monkeypatch.setattr(threads, "_CFS", (tmp_path / "quota", tmp_path / "period"))
    return tmp_path


@pytest.mark.parametrize(
    ("told", "cores"), [("max 100000", 8), ("250000 100000", 2), ("50000 100000", 1), ("1600000 100000", 8), ("", 8)]
)
def test_a_container_has_the_cores_of_its_quota(machine: Path, told: str, cores: int) -> None:
    (machine / "cpu.max").write_text(told + "\n")
    assert threads.cores() == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("300000", 3)])
def test_older_control_groups_are_read_too(machine: Path, quota: str, cores: int) -> None:
    (machine / "quota").write_text(quota)
    (machine / "period").write_text("100000")
    assert threads.cores() == cores


@pytest.mark.parametrize(
    ("told", "given", "found"), [("200000 100000", None, "2"), ("200000 100000", "5", "5"), ("max 100000", None, None)]
)
def test_native_libraries_are_told_of_a_quota_unless_the_operator_said(
    machine: Path, monkeypatch: pytest.MonkeyPatch, told: str, given: str | None, found: str | None
) -> None:
    (machine / "cpu.max").write_text(told)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if given is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", given)
    with monkeypatch.context() as kept:
        kept.setattr("os.environ", dict(os.environ))
        threads.native_libraries_keep_to_cores()
        assert os.environ.get("OMP_NUM_THREADS") == found


def test_torch_is_told_only_where_it_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[int]()
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    threads.torch_leaves_the_cores()
    assert "torch" not in sys.modules
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(set_num_threads=told.append))  # type: ignore[arg-type]
    threads.torch_leaves_the_cores()
    assert told == [1]


def test_a_call_learns_whether_it_shares_the_cores() -> None:
    with threads.shared(True):
        assert threads.is_shared()
    assert not threads.is_shared()
