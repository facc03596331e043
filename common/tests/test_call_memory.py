from collections.abc import Iterator, Sequence

import pytest
from inference_common import account
from inference_common.account import MemoryAccount
from inference_common.call_memory import hold_call
from inference_common.errors import Overloaded, TooLarge
from inference_common.task import Params
from inference_common.units import MIB
from toys.pipelines.text_ranking import ToyRanking


class Squares(ToyRanking):
    cost_unit = "tokens"

    def __init__(self) -> None:
        pass

    def memory(self, costs: Sequence[int], params: Params) -> int:
        return sum(cost * cost for cost in costs) * 1024


@pytest.fixture
def whole() -> Iterator[MemoryAccount]:
    made = MemoryAccount(100 * MIB)
    account.reserve(made)
    yield made
    account.release()


def test_a_pipeline_that_says_nothing_holds_nothing(whole: MemoryAccount) -> None:
    hold_call(ToyRanking.__new__(ToyRanking), [10**9], Params())
    assert whole.used == 0


def test_a_call_is_held(whole: MemoryAccount) -> None:
    hold_call(Squares(), [32, 64], Params())
    assert whole.used == 5 * MIB
    account.Reservation(whole).take(80 * MIB)
    with pytest.raises(Overloaded):
        hold_call(Squares(), [200], Params())


def test_a_call_that_never_fits_is_told_what_does(whole: MemoryAccount) -> None:
    with pytest.raises(TooLarge, match=r"has 1,000 tokens, and about 303 would fit"):
        hold_call(Squares(), [1000], Params())
    with pytest.raises(TooLarge, match=r"fewer of these 500 inputs"):
        hold_call(Squares(), [300] * 500, Params())
