"""Figures are what their words say."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest

from scripts.benchmarks.figures import Answer, Row, by_pair, moments, percentile, spread, summary


def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed() -> None:
    values = [4.0, 1.0, 3.0, 2.0]
    assert [percentile(values, percent) for percent in (25, 50, 51, 100)] == [1, 2, 3, 4]
    assert math.isnan(percentile([], 50))


def test_a_summary_counts_what_came_in_time_and_tells_refused_from_failed() -> None:
    answers = [
        Answer(0, 100, 200),  # while the first ones are on their way
        Answer(100, 200, 200),
        Answer(900, 50, 200),
        Answer(950, 100, 200),  # past the end
        Answer(500, 2, 429),
        Answer(600, 1, 500),
        Answer(700, 1, 0),
    ]
    told = summary(answers, 1.0)
    assert told["rate"] == 2 / 0.8
    assert (told["p50"], told["p99"]) == (100, 200)
    assert (told["refused"], told["refusal"], told["failed"]) == (1, 2, 2)
    assert told["drain"] == pytest.approx(0.1)


def test_requests_by_chance_are_as_many_as_asked_and_the_same_in_every_run() -> None:
    found = moments(100, 50, seed=1)
    assert found == sorted(found) == moments(100, 50, seed=1) != moments(100, 50, seed=2)
    assert len(found) == pytest.approx(5000, rel=0.05)
    gaps = [after - before for before, after in itertools.pairwise(found)]
    # Of a Poisson process: the gaps spread as widely as they are long.
    assert statistics.stdev(gaps) == pytest.approx(statistics.mean(gaps), rel=0.1)


def test_pairs_without_the_figure_are_left_out() -> None:
    rows: list[Row] = [
        {"target": "ours", "load": "1 client", "pair": 0, "p50": 3.0},
        {"target": "ours", "load": "1 client", "pair": 1, "p50": math.nan},
        {"target": "ours", "load": "1 client", "pair": 2},
        {"target": "echo", "load": "1 client", "pair": 0, "p50": 9.0},
    ]
    assert by_pair(rows, "ours", "1 client", "p50") == {0: 3.0}
    assert spread([3.0, 1.0, 2.0]).median == 2
