"""A claim is judged pair by pair, against the best of the others."""

from __future__ import annotations

from scripts.benchmarks.claims import Claim, judge
from scripts.benchmarks.figures import Row, Spread


def rows(**figures: list[float]) -> list[Row]:
    """Rates and latencies of each target, one a pair."""
    return [
        {"target": target, "load": "32 clients", "pair": pair, "rate": value, "p50": 1000 / value}
        for target, values in figures.items()
        for pair, value in enumerate(values)
    ]


MEASURED = rows(ours=[100, 200, 400], slow=[50, 50, 50], fast=[80, 400, 100])


def test_ratios_are_of_one_pair_and_the_best_of_the_others() -> None:
    faster = Claim("", "rate", "32 clients", "ours", ["slow", "fast"], least=1.2)
    assert judge(faster, MEASURED) == Spread(1.25, 0.5, 4)
    sooner = Claim("", "p50", "32 clients", "ours", ["slow", "fast"], most=0.8)
    assert judge(sooner, MEASURED) == Spread(0.8, 0.25, 2)


def test_a_difference_and_a_value_are_no_ratios() -> None:
    added = Claim("", "p50", "32 clients", "ours", ["slow"], by="difference", most=0)
    assert judge(added, MEASURED) == Spread(-15, -17.5, -10)
    alone = Claim("", "rate", "32 clients", "ours", by="value", least=200)
    assert judge(alone, MEASURED) == Spread(200, 100, 400)


def test_one_load_may_be_held_to_another() -> None:
    later = [{**row, "load": "later", "rate": 50.0} for row in MEASURED if row["target"] == "ours"]
    claim = Claim("", "rate", "later", "ours", ["ours"], least=0.2, others_load="32 clients")
    assert judge(claim, [*MEASURED, *later]) == Spread(0.25, 0.125, 0.5)


def test_what_was_not_measured_is_no_claim() -> None:
    assert judge(Claim("", "rate", "32 clients", "ours", ["gone"], least=1), MEASURED) is None
    assert judge(Claim("", "rate", "1 client", "ours", by="value", least=1), MEASURED) is None


def test_the_median_is_held_to_what_is_asked() -> None:
    least, most = (Claim("", "rate", "", "ours", least=2), Claim("", "p50", "", "ours", most=2))
    assert [least.holds(Spread(value, 0, 9)) for value in (1.9, 2)] == [False, True]
    assert [most.holds(Spread(value, 0, 9)) for value in (2, 2.1)] == [True, False]
