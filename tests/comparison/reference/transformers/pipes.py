"""A pipeline of the library, called with our parameters by its names for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import transformers

from ..media import Keywords, spelled
from ..pictures import image
from ..sounds import waveform

Read = Callable[[Any, Any], Any]
Answer = Callable[[Path], Callable[..., Any]]
transformers.utils.logging.set_verbosity_error()


def pipe_of(task: str, folder: Path) -> Any:
    """The library's pipeline of a model."""
    make: Any = transformers.pipeline
    return make(task, model=str(folder), device="cpu")


def piped(
    task: str, read: Read, names: Keywords | None = None, shape: Callable[[Any], Any] = lambda made: made
) -> Answer:
    """What asks a pipeline: `read` makes its input of ours (and of the pipeline), `names` are those that it has for
    parameters of ours, `shape` makes of its answer what ours looks like."""

    def load(folder: Path) -> Callable[..., Any]:
        pipe = pipe_of(task, folder)

        def call(inputs: Any, parameters: Keywords, keywords: Keywords) -> Any:
            return shape(pipe(read(inputs, pipe), **{**keywords, **spelled(parameters, names or {})}))

        return call

    return load


def as_it_is(inputs: Any, pipe: Any) -> Any:
    return inputs


def as_image(inputs: Any, pipe: Any) -> Any:
    return image(inputs)


def as_sound(inputs: Any, pipe: Any) -> Any:
    np.random.seed(0)  # CLAP's extractor draws the part of a long sound that is heard
    return waveform(inputs, pipe.feature_extractor.sampling_rate)


def cut(tokenizer: Any, question: str, most: int | None) -> str:
    """A question's first so many tokens; all, without a number."""
    encoded = tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
    return question if most is None else question[: encoded["offset_mapping"][:most][-1][1]]
