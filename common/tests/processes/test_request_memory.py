"""One budget of several processes, each of which has the file mapped for itself."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import pytest
from inference_common.account import MemoryAccount, Reservation
from inference_common.errors import Overloaded, TooLarge
from inference_common.processes import request_memory
from inference_common.processes.request_memory import RequestMemory
from inference_common.units import MIB


@pytest.fixture
def memory() -> Iterator[RequestMemory]:
    made = RequestMemory()
    yield made
    made.close()


def account(memory: RequestMemory) -> MemoryAccount:
    """That of a process, which gets its slot as a process does."""
    return MemoryAccount(100 * MIB, shared=pickle.loads(pickle.dumps(memory.slot())))


def test_what_one_process_holds_no_other_may(memory: RequestMemory) -> None:
    front, one, other = MemoryAccount(100 * MIB, shared=memory.own), account(memory), account(memory)
    first = Reservation(one)
    first.take(50 * MIB)
    Reservation(front).take(30 * MIB)
    late = Reservation(other)
    with pytest.raises(Overloaded, match="MAX_REQUEST_MEMORY_MIB"):
        late.take(20 * MIB)
    assert (one.used, other.used, front.used, memory.own.all()) == (50 * MIB, 0, 30 * MIB, 80 * MIB)
    first.give_back(20 * MIB)
    late.take(20 * MIB)
    late.release()
    first.release()
    assert memory.own.all() == 30 * MIB


def test_a_body_that_arrives_makes_room_in_its_own_process(memory: RequestMemory) -> None:
    front, one = MemoryAccount(100 * MIB, shared=memory.own), account(memory)
    refused = list[Exception]()
    Reservation(front).arrived(40 * MIB, refused.append)
    Reservation(one).take(40 * MIB)
    Reservation(front).take(30 * MIB)
    assert len(refused) == 1
    assert memory.own.all() == 70 * MIB


def test_what_never_fits_counts_the_body_in_both_processes(memory: RequestMemory) -> None:
    before = Reservation(MemoryAccount(100 * MIB, shared=memory.own), body_bytes=30 * MIB)
    behind = Reservation(account(memory), body_bytes=30 * MIB)
    assert (before.max_bytes, behind.max_bytes) == (90 * MIB, 60 * MIB)
    before.take(30 * MIB)
    behind.take(60 * MIB)
    with pytest.raises(TooLarge, match=r"about 91 MiB"):
        behind.take(MIB)
    assert memory.own.all() == 90 * MIB


def test_a_process_that_ended_holds_nothing_and_its_slot_is_given_again(
    memory: RequestMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_memory, "MAX_SLOTS", 2)
    slot = memory.slot()
    Reservation(MemoryAccount(100 * MIB, shared=slot)).take(80 * MIB)
    with pytest.raises(Overloaded, match="Too many models"):
        memory.slot()
    memory.free(slot)
    assert memory.own.all() == 0
    assert memory.slot().place == slot.place
