import contextvars
from collections.abc import Callable

import pytest
from inference_common import account
from inference_common.account import SMALL_BYTES, MemoryAccount, Reservation
from inference_common.errors import InferenceError, Overloaded, TooLarge
from inference_common.units import MIB


def test_what_is_held_is_held_once_and_released_once() -> None:
    whole = MemoryAccount(100 * MIB)
    one, other = Reservation(whole), Reservation(whole)
    one.take(30 * MIB)
    other.take(20 * MIB)
    one.give_back(10 * MIB)
    assert whole.used == 40 * MIB
    one.release()
    one.release()
    one.take(5)
    one.give_back(5)
    assert (whole.used, one.held) == (20 * MIB, 0)


def test_no_more_is_given_back_than_is_held() -> None:
    whole = MemoryAccount(100 * MIB)
    one = Reservation(whole)
    one.take(3)
    one.give_back(5)
    assert whole.used == 0


def test_what_does_not_fit_now_is_to_come_later_and_takes_nothing() -> None:
    whole = MemoryAccount(100 * MIB)
    Reservation(whole).take(80 * MIB)
    late = Reservation(whole)
    with pytest.raises(Overloaded, match="MAX_REQUEST_MEMORY_MIB") as caught:
        late.take(20 * MIB)
    assert caught.value.headers()["retry-after"] == "1"
    assert (whole.used, late.held) == (80 * MIB, 0)


def test_what_never_fits_is_too_large_and_told_the_setting() -> None:
    one = Reservation(MemoryAccount(100 * MIB))
    one.take(50 * MIB)
    with pytest.raises(TooLarge, match=r"about 91 MiB.*90 MiB.*MAX_REQUEST_MEMORY_MIB"):
        one.take(41 * MIB)


def test_there_is_room_left_for_what_is_little() -> None:
    whole = MemoryAccount(100 * MIB)
    Reservation(whole).take(90 * MIB)
    Reservation(whole).take(SMALL_BYTES)
    with pytest.raises(Overloaded):
        Reservation(whole).take(SMALL_BYTES + 1)
    assert whole.used == 91 * MIB


def test_bodies_that_still_arrive_make_room_the_longest_silent_first() -> None:
    whole = MemoryAccount(100 * MIB)
    refused: dict[str, InferenceError] = {}
    arriving = {name: Reservation(whole) for name in "abc"}

    def refuse(name: str) -> Callable[[InferenceError], None]:
        return lambda error: refused.__setitem__(name, error)

    for name in "abca":
        arriving[name].arrived(20 * MIB, refuse(name))
    assert whole.used == 80 * MIB
    Reservation(whole).take(30 * MIB)
    assert list(refused) == ["b"]
    assert isinstance(refused["b"], Overloaded)
    assert arriving["b"].is_released
    arriving["c"].arrived_whole()
    Reservation(whole).take(40 * MIB)
    assert list(refused) == ["b", "a"]
    with pytest.raises(Overloaded):
        Reservation(whole).take(40 * MIB)


def test_a_body_that_still_arrives_does_not_make_room_for_itself() -> None:
    one = Reservation(MemoryAccount(100 * MIB))
    one.arrived(60 * MIB, lambda error: pytest.fail("it was refused for itself"))
    with pytest.raises(TooLarge):
        one.arrived(60 * MIB, lambda error: None)


def test_the_wait_that_is_told_grows_with_how_long_memory_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1.0
    monkeypatch.setattr("inference_common.account.time.monotonic", lambda: now)
    whole = MemoryAccount(100 * MIB)
    for _ in range(50):
        one = Reservation(whole)
        one.take(50 * MIB)
        now += 30
        one.release()
    Reservation(whole).take(80 * MIB)
    with pytest.raises(Overloaded) as caught:
        Reservation(whole).take(80 * MIB)
    assert caught.value.retry_after == 30


def test_the_end_of_a_burst_is_told_once() -> None:
    ebbs: list[int] = []
    whole = MemoryAccount(100 * MIB, lambda: ebbs.append(whole.used))
    for count in (30, 80, 80):
        one = Reservation(whole)
        one.take(count * MIB)
        assert len(ebbs) == (count == 80) * len(ebbs)
        one.release()
    assert ebbs == [0, 0]


def test_functions_speak_of_the_current_request() -> None:
    nobody = contextvars.Context()
    nobody.run(account.release)
    nobody.run(account.take, 5)
    assert nobody.run(account.max_bytes) is None
    whole = MemoryAccount(100 * MIB)
    account.reserve(whole)
    account.take(10)
    account.hold_at_least(8)
    assert (whole.used, account.max_bytes()) == (10, 90 * MIB)
    account.hold_at_least(12)
    account.give_back(2)
    account.hold_only(40)
    account.hold_only(7)
    assert whole.used == 7
    account.release()
    assert whole.used == 0
