"""ModelCard: read within limits of size and shape, whatever a README holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from inference_common.card import MAX_CARD_BYTES, MAX_DEPTH, MAX_NODES, ModelCard, parse_card, read_card

FRONT = "---\nlibrary_name: toys\npipeline_tag: text-ranking\n"


def laughs(levels: int) -> str:
    """YAML's billion laughs: each line names ten of the one before."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "---\nlibrary_name: toys\npipeline_tag: text-ranking\n---\n# Title\n",
        "---\r\nlibrary_name: toys\r\npipeline_tag: text-ranking\r\n---\r\n",
        "\ufeff---\nlibrary_name: toys\npipeline_tag: text-ranking\n---",
        "\n\n---  \nlibrary_name: toys\npipeline_tag: text-ranking\n--- \nmore\n---\n",
    ],
)
def test_the_front_matter_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text, encoding="utf-8", newline="")
    assert read_card(tmp_path) == ModelCard("toys", "text-ranking")


@pytest.mark.parametrize(
    "text", ["", "---", "---\n", "# no\n---\na: 1\n---\n", "---\na: 1\n", "---\n---\n", "----\na: 1\n---\n"]
)
def test_a_text_without_a_front_matter_has_an_empty_card(text: str) -> None:
    assert parse_card(text) == ModelCard()


def test_a_rule_inside_the_front_matter_does_not_end_it() -> None:
    assert parse_card("---\nwidget:\n- text: |\n    a\n    ---\n    b\npipeline_tag: x\n---\n").task == "x"


@pytest.mark.parametrize(
    "text",
    [
        f"{FRONT}{laughs(30)}\n---\n",
        "---\n" + "\n" * 10**6,
        "---\n" + "\n---x" * 200_000,
        f"{FRONT}deep: {'[' * 100_000}\n---\n",
        f"{FRONT}deep: {'[' * (MAX_DEPTH + 1)}{']' * (MAX_DEPTH + 1)}\n---\n",
        f"{FRONT}tags: [{'a,' * (MAX_NODES + 1)}]\n---\n",
        f"{FRONT}a: &a 1\nb: *a\n---\n",
        f"{FRONT}a: !!python/object/apply:os.system [true]\n---\n",
        f"{FRONT}a: !!set {{x}}\n---\n",
        f"{FRONT}? [a, b]\n: 1\n---\n",
        f"{FRONT}a: \x07\n---\n",
    ],
    ids=["laughs", "lines", "rules", "deep", "deeper than the limit", "long", "alias", "code", "set", "key", "control"],
)
def test_what_would_take_long_or_be_more_than_values_is_an_empty_card(text: str) -> None:
    card = parse_card(text)
    assert replace(card, problem=None) == ModelCard()
    assert (card.problem is None) == text.startswith("---\n\n")  # those are no front matters


@pytest.mark.parametrize(
    ("front", "problem"),
    [
        ("a: &a 1\nb: *a\n", "it has an alias, such as *name; write out what that repeats"),
        (f"deep: {'[' * 40}{']' * 40}\n", "it is deeper than 32 levels, or longer than 100,000 values"),
        ("a: 1\nb: c: 2\n", "mapping values are not allowed"),
        ("a: [1\n", "at line 3 of README.md"),
        ("a: \x07\n", "control characters are not allowed"),
        ("- a\n- b\n", "it is no mapping of names to values"),
    ],
)
def test_a_card_that_cannot_be_read_says_what_is_wrong(front: str, problem: str) -> None:
    card = parse_card(f"---\n{front}---\n")
    assert problem in (card.problem or "")
    assert problem in card.without_task("org/model")


def test_a_card_that_can_be_read_says_that_it_names_no_task() -> None:
    for text in ("", "---\n---\n", "---\nlicense: mit\n---\n"):
        assert parse_card(text).without_task("org/model") == "org/model does not name its task"


@pytest.mark.parametrize(
    "value", ["1" * 10**6, ":".join(["1"] * 10**5), "0x" + "f" * 10**5, "1e" + "9" * 1000, "2024-99-99"]
)
def test_a_number_that_would_take_long_to_convert_is_its_text(value: str) -> None:
    card = parse_card(f"{FRONT}inference: {{parameters: {{top_k: {value}, many: 3, half: 0.5}}}}\n---\n")
    assert card.parameters == {"top_k": value, "many": 3, "half": 0.5}


def test_values_are_those_of_json() -> None:
    card = parse_card(f"{FRONT}widget:\n- {{1: 2024-01-01, b: !!binary aGk=, null: [yes, 1.5]}}\n---\n")
    assert json.loads(json.dumps(card.widget)) == [{"1": "2024-01-01", "b": "aGk=", "None": [True, 1.5]}]


@pytest.mark.parametrize(
    "value", ["1", "[a]", "{a: 1}", "true", "''", "x" * 10_000, "1.5", "null"], ids=lambda value: value[:9]
)
def test_a_value_of_a_wrong_type_is_left_out(value: str) -> None:
    card = parse_card(f"---\nlibrary_name: {value}\npipeline_tag: {value}\ntags: {value}\ninference: {value}\n---\n")
    assert (card.library, card.task) == (None, None)
    assert all(isinstance(tag, str) for tag in card.tags)
    assert card.inference
    assert card.parameters == {}
    assert parse_card(f"---\nwidget: {value}\ninference: {{parameters: {value}}}\n---\n").inference


def test_no_more_of_a_readme_is_read_than_a_card_may_take(tmp_path: Path) -> None:
    with (tmp_path / "README.md").open("wb") as file:
        file.write(b"---\npipeline_tag: x\n---\n")
        file.truncate(2**40)
    assert read_card(tmp_path).task == "x"
    (tmp_path / "README.md").write_text("---\n" + "#" * MAX_CARD_BYTES + "\npipeline_tag: x\n---\n")
    assert read_card(tmp_path) == ModelCard()


def test_a_readme_that_cannot_be_read_is_an_empty_card(tmp_path: Path) -> None:
    (tmp_path / "README.md").mkdir()
    assert read_card(tmp_path) == ModelCard()
