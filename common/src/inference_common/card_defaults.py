"""The parameters that a model's card sets for requests that leave them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from .errors import InvalidRequest
from .task import Limits, Params
from .tasks import TASKS

log = structlog.get_logger("inference")


def card_defaults(model: str, task: str, parameters: Mapping[str, Any], limits: Limits) -> Mapping[str, Any]:
    """Those of a card's parameters that the task takes; none of them, with a warning, where it refuses one."""
    schema = TASKS[task].params
    known = {name: value for name, value in parameters.items() if name in schema.model_fields}
    try:
        schema.model_validate(known).within(limits)
    except ValidationError as error:
        # What a request must hold, such as labels, no card need have.
        found = [one for one in error.errors() if one["type"] != "missing" or one["loc"][0] in known]
        if not found:
            return known
        problem = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in found)
    except InvalidRequest as error:
        problem = str(error)
    else:
        return known
    log.warning("the card's parameters are left out", model=model, task=task, error=problem)
    return {}


def with_defaults(schema: type[Params], defaults: Mapping[str, Any], raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """A caller's raw parameters, and of a card's those that they do not replace: each replaces its own name, wherever
    it stands, and the names of `schema.together` that it is among."""
    if not defaults:
        return raw
    sent = {name: value for name, value in raw.items() if value is not None}
    named = {*sent, *(name for value in sent.values() if isinstance(value, dict) for name in value)}
    named = named.union(*(group for group in schema.together if named & group))
    left = {name: _without(value, named) for name, value in defaults.items() if name not in named}
    return {**raw, **left, **sent}


def _without(value: Any, named: set[str]) -> Any:
    return {name: one for name, one in value.items() if name not in named} if isinstance(value, dict) else value
