"""ModelCard: what a model says it is, read from the front matter of its README.md within limits of size and shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

MAX_CARD_BYTES = 2**20  # of a README.md, from its start; the longest front matters are a third of it
MAX_NODES = 100_000  # values in a front matter, keys included
MAX_DEPTH = 32  # lists and mappings inside each other
MAX_NUMBER_CHARACTERS = 18  # of a whole number that any JSON writer takes; converting digits takes quadratic time
MAX_NAME_CHARACTERS = 200  # of a library's or a task's name


@dataclass(frozen=True)
class ModelCard:
    """The front matter of a model's README.md; `inference` is False where its owner asked not to serve it, `problem`
    why nothing of it could be read (None: it was, or there is none)."""

    library: str | None = None
    task: str | None = None
    inference: bool = True
    parameters: Mapping[str, Any] = field(default_factory=dict)
    widget: Sequence[Any] = ()
    tags: Sequence[str] = ()
    problem: str | None = None

    def without_task(self, model: str) -> str:
        """Why it is not known what the task of the `model` is."""
        if self.problem is None:
            return f"{model} does not name its task"
        return f"the card of {model} cannot be read ({self.problem}), so its task is not known"


def read_card(folder: Path) -> ModelCard:
    """The card of a folder's README.md; a card that is missing, malformed or past a limit is an empty one."""
    try:
        with (folder / "README.md").open("rb") as file:
            start = file.read(MAX_CARD_BYTES)
    except OSError:
        return ModelCard()
    return parse_card(start.decode("utf-8-sig", errors="replace"))


def parse_card(text: str) -> ModelCard:
    """The card of a README's text; values of a wrong type are left out."""
    try:
        data = _load(_front_matter(text))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return ModelCard(problem=_problem(error))
    if not isinstance(data, dict):
        return ModelCard(problem=None if data is None else "it is no mapping of names to values")
    inference = data.get("inference", True)
    asked = inference.get("parameters") if isinstance(inference, dict) else None
    widget, tags = data.get("widget"), data.get("tags")
    return ModelCard(
        library=name_of(data.get("library_name")),
        task=name_of(data.get("pipeline_tag")),
        inference=inference is not False,
        parameters=asked if isinstance(asked, dict) else {},
        widget=widget if isinstance(widget, list) else (),
        tags=[tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else (),
    )


def _problem(error: Exception) -> str:
    """One line about what is wrong with a YAML text, and where."""
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or (str(error).partition("\n")[0] if str(error) else "it is no YAML")
    return str(what)[:MAX_NAME_CHARACTERS] + ("" if mark is None else f", at line {mark.line + 2} of README.md")


def name_of(value: object) -> str | None:
    """A library's or a task's name; None for what can be none."""
    return value if isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARACTERS else None


def _front_matter(text: str) -> str:
    """What stands between the two lines of `---` at a text's start; empty where there are none."""
    text = text.lstrip()
    start = text.find("\n") + 1
    if start == 0 or text[:start].strip() != "---":
        return ""
    at = start - 1  # of a line break: the closing line may follow the opening one
    while (at := text.find("\n---", at)) >= 0:
        end = text.find("\n", at + 1)
        if text[at : end if end >= 0 else len(text)].strip() == "---":
            return text[start : at + 1]
        at += 1
    return ""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's parser: 20 times faster
    """Values of JSON's types only: a date is its text, and so is a number too long to be converted."""


def _number(loader: _Loader, node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if len(text) > MAX_NUMBER_CHARACTERS or ":" in text:
        return text
    kind = node.tag.rpartition(":")[2]
    try:
        return (loader.construct_yaml_int if kind == "int" else loader.construct_yaml_float)(node)
    except ValueError:
        return text


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _number)
for _kind in ("timestamp", "binary"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.construct_yaml_str)
for _kind in ("set", "omap", "pairs"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.construct_undefined)


def _load(text: str) -> object:
    """The value of a YAML text. Raises YAMLError, also past a limit, and for an alias, which repeats what it names."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise yaml.YAMLError("it has an alias, such as *name; write out what that repeats")
        if depth > MAX_DEPTH or count > MAX_NODES:
            raise yaml.YAMLError(f"it is deeper than {MAX_DEPTH} levels, or longer than {MAX_NODES:,} values")
    return _with_text_keys(yaml.load(text, Loader=_Loader))


def _with_text_keys(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(one) for key, one in value.items()}
    return [_with_text_keys(one) for one in value] if isinstance(value, list) else value
