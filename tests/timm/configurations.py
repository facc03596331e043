"""What releases of timm wrote into a model's config: the edits of a tiny model with three classes that make each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAMES = ("cat", "dog", "house")


@dataclass(frozen=True)
class Configuration:
    """`pretrained` are keys of its pretrained_cfg, `top` those beside it (None: left out), `labels` are what its
    classes are called."""

    pretrained: Mapping[str, Any] = field(default_factory=dict)
    top: Mapping[str, Any] = field(default_factory=dict)
    labels: Sequence[str] = NAMES


SYNSETS = ("n1", "n2", "n3")
CONFIGURATIONS: Mapping[str, Configuration] = {
    "as it is saved": Configuration(),
    "cropped": Configuration({"crop_pct": 0.5}),
    "not cropped": Configuration({"crop_pct": 1.0}),
    **{f"crop mode {mode}": Configuration({"crop_mode": mode, "crop_pct": 0.8}) for mode in ("squash", "border")},
    **{f"interpolation {name}": Configuration({"interpolation": name}) for name in ("bilinear", "nearest", "lanczos")},
    "levels": Configuration({"mean": [0.1, 0.2, 0.3], "std": [0.9, 0.5, 0.7]}),
    "no levels": Configuration({"mean": None, "std": None}),
    "another size in tests": Configuration({"test_input_size": [3, 64, 64], "test_crop_pct": 1.0}),
    "names by number": Configuration(top={"label_names": {"0": "a", "1": "b", "2": "c"}}, labels=("a", "b", "c")),
    "names in the pretrained part": Configuration({"label_names": ["a", "b", "c"]}, {"label_names": None},
                                                  labels=("a", "b", "c")),
    "descriptions of names": Configuration(
        top={"label_names": list(SYNSETS), "label_descriptions": {"n1": "a cat", "n3": "a house"}},
        labels=("a cat", "n2", "a house"),
    ),
    "names of other classes": Configuration(
        top={"label_names": ["a", "b", "c", "d"]}, labels=("LABEL_0", "LABEL_1", "LABEL_2")
    ),
    "no names": Configuration(top={"label_names": None}, labels=("LABEL_0", "LABEL_1", "LABEL_2")),
}  # fmt: skip
