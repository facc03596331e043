"""Records of passes: found by their inputs, whole or not at all, and bounded in number."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scripts.suite.records import MAX_RECORDS, Record, Records

PASS = Record("abc", "own", 1000.0, "b951165", 40, 12.5, 3.5)


def test_a_pass_is_found_by_its_check_and_its_inputs(tmp_path: Path) -> None:
    Records(tmp_path).add("mypy scripts, tests", PASS)
    records = Records(tmp_path)
    assert records.find("mypy scripts, tests", "abc") == PASS
    assert records.find("mypy scripts, tests", "abd") is None
    assert records.find("mypy common", "abc") is None


def test_the_last_is_the_newest(tmp_path: Path) -> None:
    records = Records(tmp_path)
    assert records.last("common") is None
    for digest, when in (("new", 30.0), ("old", 10.0)):
        records.add("common", replace(PASS, digest=digest, when=when))
    assert records.last("common") == replace(PASS, digest="new", when=30.0)


def test_a_machine_is_new_until_something_passed(tmp_path: Path) -> None:
    assert Records(tmp_path / "missing").empty
    Records(tmp_path).add("common", PASS)
    assert not Records(tmp_path).empty


def test_what_cannot_be_read_is_no_record(tmp_path: Path) -> None:
    records = Records(tmp_path)
    records.add("common", PASS)
    (file,) = tmp_path.rglob("*.json")
    for text in ("", "{}", '{"digest": "abc", "of a later release": 1}'):
        file.write_text(text)
        assert records.find("common", "abc") is None
        assert records.last("common") is None


def test_the_oldest_are_removed(tmp_path: Path) -> None:
    records = Records(tmp_path)
    for number in range(MAX_RECORDS + 3):
        records.add("common", replace(PASS, digest=f"{number}", when=float(number)))
    assert len(list(tmp_path.rglob("*"))) == MAX_RECORDS + 1  # and their folder
    assert records.find("common", "2") is None
    assert records.find("common", "3") is not None
