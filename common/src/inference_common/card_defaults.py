"""The parameters that a model's card sets for requests that leave them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from pydantic import ValidationError

from .errors import InvalidRequest
from .task import Limits
from .tasks import TASKS

log = structlog.get_logger("inference")


def card_defaults(model: str, task: str, parameters: Mapping[str, Any], limits: Limits) -> Mapping[str, Any]:
    """Those of a card's parameters that the task takes; none of them, with a warning, where it refuses one."""
    schema = TASKS[task].params
    known = {name: value for name, value in parameters.items() if name in schema.model_fields}
    try:
        schema.model_validate(known).within(limits)
    except (ValidationError, InvalidRequest) as error:
        log.warning("the card's parameters are left out", model=model, task=task, error=str(error))
        return {}
    return known
