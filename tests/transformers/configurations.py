"""What a config of transformers says around a network: the edits of tiny classifiers that make each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TEXT, IMAGE = "text-classification", "image-classification"
NETWORK, IMAGES, TOKENIZER = "config.json", "preprocessor_config.json", "tokenizer_config.json"
OTHER_NAMES = {str(n): name for n, name in enumerate("abcdefg")}


@dataclass(frozen=True)
class Configuration:
    """The tiny model of a task, with some keys of its files replaced."""

    task: str
    edits: Mapping[str, Mapping[str, Any]]


def _both(name: str, edit: Mapping[str, Any]) -> Mapping[str, Configuration]:
    """The same of either classifier's network."""
    return {f"{task}, {name}": Configuration(task, {NETWORK: edit}) for task in (TEXT, IMAGE)}


def _images(**edit: Any) -> Configuration:
    return Configuration(IMAGE, {IMAGES: edit})


def _texts(**edit: Any) -> Configuration:
    return Configuration(TEXT, {TOKENIZER: edit})


PROBLEMS = ("regression", "multi_label_classification", "single_label_classification")
CONFIGURATIONS: Mapping[str, Configuration] = {
    **_both("as it is saved", {}),
    **{key: value for problem in PROBLEMS for key, value in _both(problem, {"problem_type": problem}).items()},
    **_both("a function of its own, which does not count", {"function_to_apply": "sigmoid"}),
    "other names": Configuration(IMAGE, {NETWORK: {
        "id2label": OTHER_NAMES, "label2id": {name: int(n) for n, name in OTHER_NAMES.items()}}}),
    "a tokenizer that cuts the left": _texts(truncation_side="left"),
    "few tokens": _texts(model_max_length=16),
    "letters kept": _texts(do_lower_case=False),
    **{f"resampled by {kind}": _images(resample=kind) for kind in (0, 2, 3)},
    "levels": _images(image_mean=[0.1, 0.2, 0.3], image_std=[0.9, 0.5, 0.7]),
    "levels not normalised": _images(do_normalize=False),
    "levels not rescaled": _images(do_rescale=False),
    "levels rescaled otherwise": _images(rescale_factor=0.01),
}  # fmt: skip
