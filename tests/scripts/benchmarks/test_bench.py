"""The whole way of a scenario: servers, the load generator, rows, and the document that they make."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.benchmarks import report, results
from scripts.benchmarks.running import begin
from scripts.benchmarks.scenario import Effort
from scripts.benchmarks.scenarios import NOOP, SCENARIOS
from scripts.benchmarks.servers import ECHO
from scripts.benchmarks.targets import Command

SHORT = Effort("short", 2, 2.0, 1)


@pytest.mark.timeout(300)  # the load generator may have to be installed
def test_a_scenario_is_measured_kept_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    rows = NOOP.run(NOOP, SHORT, told.append)
    assert {(row["target"], row["load"], row["pair"]) for row in rows} == {
        (target.name, load.name, pair) for target in NOOP.targets for load in NOOP.loads for pair in range(SHORT.pairs)
    }
    for row in rows:
        assert row["failed"] == row["refused"] == 0
        assert 0 < float(row["p50"]) <= float(row["p99"])
    file = tmp_path / "results.json"
    results.write({NOOP.name: results.sitting(SHORT.name, 1, 0, rows)}, file)
    document = report.document(results.read(file), [NOOP])
    assert f"## {NOOP.title}" in document
    assert "| ours, 32 clients | throughput of the bare route |" in document
    assert "not measured" not in document


def test_a_target_that_cannot_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    broken = replace(ECHO, start=lambda port: Command(["python3", "-c", "raise SystemExit('no model')"], tmp_path))
    with pytest.raises(SystemExit, match="echo did not get ready; the end of its log:\nno model"):
        begin(broken)


def test_every_claim_names_targets_and_loads_of_its_scenario() -> None:
    for scenario in SCENARIOS:
        names = {target.name for target in scenario.targets}
        for claim in scenario.claims:
            if names:  # cold starts are of every library
                assert {claim.one, *claim.others} <= names, (scenario.name, claim)
            assert (claim.least is None) != (claim.most is None)
