"""Labels that the caller brings: what the parameters of every zero-shot task share."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

MAX_CHARACTERS = 1000  # of a label, and of the template: each label of hundreds is put into it


def _split(value: Any) -> Any:
    """A comma-separated string as the list it stands for; older clients send one."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list) else value


def _with_place(template: str) -> str:
    if "{}" not in template:
        raise ValueError("it must hold {} where the label goes, as in: This is a photo of {}.")
    return template


CandidateLabels = Annotated[
    tuple[Annotated[str, StringConstraints(strict=True, min_length=1, max_length=MAX_CHARACTERS)], ...],
    Field(min_length=1, max_length=1000),
    BeforeValidator(_split, json_schema_input_type=list[str] | str),
    Field(description="the labels to choose from, a list or a comma-separated string"),
]
"""At least one label; a tuple, so that parameters can be compared and hashed."""

HypothesisTemplate = Annotated[str, Field(strict=True, max_length=MAX_CHARACTERS), AfterValidator(_with_place)]
"""A sentence with `{}` where a label goes; only that place is filled, never a format specification."""
