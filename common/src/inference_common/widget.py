"""The examples that a model's owner put on its card, as requests of its task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import orjson

from .codecs.json import validate_params
from .errors import InferenceError
from .task import Limits, Payload, Task

# By the fields of an example, what is asked: the Hub's own page reads them so.
_FORMS: tuple[tuple[frozenset[str], Callable[[Mapping[str, Any]], Mapping[str, Any]]], ...] = (
    (frozenset({"messages"}), lambda told: {"messages": told["messages"]}),
    (frozenset({"text", "context"}), lambda told: _inputs(question=told["text"], context=told["context"])),
    (frozenset({"text", "table"}), lambda told: _inputs(query=told["text"], table=told["table"])),
    (
        frozenset({"source_sentence", "sentences"}),
        lambda told: _inputs(source_sentence=told["source_sentence"], sentences=told["sentences"]),
    ),
    (frozenset({"structuredData"}), lambda told: _inputs(data=told["structuredData"])),
    (frozenset({"text"}), lambda told: {"inputs": told["text"]}),
)
_PARAMETERS = ("candidate_labels", "hypothesis_template")


def examples(widget: object, task: Task[Any, Any, Any], limits: Limits) -> Iterator[Mapping[str, Any]]:
    """The request that each example of a card's `widget` is; one that the task would refuse is left out, and so is one
    that names a medium by its address, since nothing is fetched."""
    for told in widget if isinstance(widget, list) else ():
        asked = _asked(told) if isinstance(told, dict) else None
        if asked is not None and _is_taken(asked, task, limits):
            yield asked


def _inputs(**fields: object) -> Mapping[str, Any]:
    return {"inputs": fields}


def _asked(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    body = next((form(told) for fields, form in _FORMS if fields <= told.keys()), None)
    parameters = {**dict(_named(_PARAMETERS, told)), **_mapping(told.get("parameters"))}
    return body if body is None or not parameters else {**body, "parameters": parameters}


def _named(names: Iterable[str], told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((name, told[name]) for name in names if name in told)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_taken(asked: Mapping[str, Any], task: Task[Any, Any, Any], limits: Limits) -> bool:
    try:
        decoded = task.input.decode(Payload(orjson.dumps(asked)), limits)
        validate_params(task.params, dict(decoded.params)).within(limits)
    except (InferenceError, TypeError):  # YAML knows sets, which JSON does not
        return False
    return True
