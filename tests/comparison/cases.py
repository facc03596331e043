"""The table of the comparison: every library x task x parameter, and the sample of it that a run takes."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from inference_common.task import Params
from inference_common.tasks import TASKS

from scripts.images import Library, libraries

from .inputs import ALWAYS, INPUTS, MORE
from .values import FEW, FREE, VALUES

SEED = "COMPARISON_SEED"
"""The environment variable that chooses the sample; tests/conftest.py sets it where it is not set."""
SAMPLED = 4
"""Cases of a task in a sample: one without parameters of its own, the others with."""

OTHER_MODELS: Mapping[str, Mapping[str, str]] = {
    "transformers": {
        "audio-classification-group": "audio-classification",
        "ctc-speech-recognition": "automatic-speech-recognition",
        "gpt2": "text-generation",
        "marian": "translation",
        "siglip": "zero-shot-image-classification",
        "maskformer": "image-segmentation",
        "detr": "object-detection",
        "git-image-to-text": "image-to-text",
    }
}
"""Tiny models besides those that have a task's name, and the task that each is asked."""

ONNX: Mapping[str, Mapping[str, str]] = {
    "sentence-transformers": {task: task for task in ("feature-extraction", "sentence-similarity", "text-ranking")},
    "timm": {task: task for task in ("image-classification", "image-feature-extraction")},
    "transformers": {
        "ctc-speech-recognition": "automatic-speech-recognition",
        "feature-extraction": "feature-extraction",
        "fill-mask": "fill-mask",
        "image-classification": "image-classification",
        "question-answering": "question-answering",
        "text-classification": "text-classification",
        "token-classification": "token-classification",
        "zero-shot-classification": "zero-shot-classification",
    },
}
"""The tiny models that have an ONNX form, and their tasks."""


@dataclass(frozen=True)
class Case:
    """One question of one model; `about` are the parameters it was made for, nested ones as `outer.inner`."""

    library: str
    task: str
    model: str
    inputs: Any
    parameters: Mapping[str, Any]
    about: tuple[str, ...] = ()


def compared() -> list[Library]:
    """The libraries that are compared: all but variants, which have a part of another one's packages."""
    return [known for known in libraries() if known.folder == known.context]


def parameters_of(params: type[Params], outer: str = "") -> Iterator[str]:
    """The names of the parameters of a model of them, those of a model inside as `outer.inner`."""
    for name, field in params.model_fields.items():
        yield f"{outer}{name}"
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, Params):
                yield from parameters_of(kind, f"{outer}{name}.")


def cases_of(library: str, task: str, model: str = "") -> list[Case]:
    """Every case of a task of a library, on the tiny model of its name or another one."""

    def case(inputs: Any, own: Mapping[str, Any], *about: str) -> Case:
        return Case(library, task, model or task, inputs, {**ALWAYS.get(task, {}), **own}, about)

    inputs, values = [*INPUTS[task], *MORE.get((library, task), ())], VALUES.get(task, {})
    found = [case(one, {}) for one in inputs]
    for name, some in values.items():
        found += [case(one, own, name) for own in some for one in inputs[: FEW.get((task, name), len(inputs))]]
    if task in FREE:
        pairs = itertools.combinations(values.items(), 2)
        found += [case(inputs[0], {**a[0], **b[-1]}, *sorted((left, right))) for (left, a), (right, b) in pairs]
    return found


def seed() -> str:
    """What chooses the sample of this run."""
    return os.environ[SEED]


def sample_of(library: str, task: str, model: str = "") -> list[Case]:
    """The cases of a task that this run takes."""
    chance = random.Random(f"{seed()} {library} {task} {model}")
    every = cases_of(library, task, model)
    plain, others = ([one for one in every if bool(one.about) is has] for has in (False, True))
    return [chance.choice(plain), *chance.sample(others, min(SAMPLED - 1, len(others)))]


def chosen_model(library: str, models: Mapping[str, str]) -> tuple[str, str]:
    """One of several models, with its task, that this run takes."""
    return random.Random(f"{seed()} {library}").choice(sorted(models.items()))


def without_value(task: str) -> Sequence[str]:
    """The parameters of a task that no case has a value of."""
    return sorted(set(parameters_of(TASKS[task].params)) - VALUES.get(task, {}).keys())


def unknown(task: str) -> Sequence[str]:
    """What has a value, and is no parameter of the task."""
    return sorted(VALUES.get(task, {}).keys() - set(parameters_of(TASKS[task].params)))
