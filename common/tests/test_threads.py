import sys
from types import SimpleNamespace

import pytest
from inference_common import threads


def test_there_is_a_core_at_least() -> None:
    assert threads.cores() >= 1


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
