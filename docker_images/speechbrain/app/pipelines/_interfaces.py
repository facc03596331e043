"""The interfaces of speechbrain: which one a model's own files ask for, and loading it from those files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import yaml
from huggingface_hub.constants import HF_HUB_CACHE
from inference_common.cancel import Abandoned, abandoned
from inference_common.config_files import read_json, read_text
from inference_common.missing_weights import record_unloaded
from inference_common.pipeline import Device
from inference_common.source import ModelSource

RECIPE = "hyperparams.yaml"
# What a recipe names from where it runs, which a server may not write: networks of the Hub, and links to weights.
PLACES: Mapping[str, str | None] = {"save_path": HF_HUB_CACHE, "collect_in": None}
# What the recipe of an interface holds that the library does not say it needs.
NEEDED: Mapping[str, Sequence[str]] = {
    "AudioClassifier": ["use_melspectra", "spec_mag_power"],
    "GraphemeToPhoneme": ["encode_pipeline", "decode_pipeline", "phonemes"],
}
Interface = type[Any]


def load(model: ModelSource, kinds: Sequence[Interface], device: Device) -> Any:
    """The interface of a model, one of `kinds`, with its weights. Raises TypeError for a model of none of them.

    Its recipe runs code. It names its own files by its Hub id, from where the library would download them again.
    """
    folder = model.path()
    recipe = _written(folder / RECIPE)
    kind = _kind(recipe, config(folder).get("speechbrain_interface"), kinds)
    overrides = _overrides(recipe, model.name, str(folder))
    network = kind.from_hparams(source=str(folder), overrides=overrides, run_opts={"device": device})
    record_unloaded(network.mods)
    for module in network.mods.children():
        for part in (module, *module.children()):
            if not isinstance(part, torch.jit.ScriptModule):
                part.register_forward_pre_hook(_end_if_abandoned)
    return network


def config(folder: Path) -> Mapping[str, Any]:
    """What its `config.json` tells; empty where it has none."""
    told = read_json(folder / "config.json")
    return told if isinstance(told, dict) else {}


def rate_of(network: Any) -> int:
    """The sampling rate in Hz that it works at."""
    return int(getattr(network.hparams, "sample_rate", network.audio_normalizer.sample_rate))


def _end_if_abandoned(module: torch.nn.Module, inputs: object) -> None:
    """Between the steps of a search, say. No checkpoint: searches keep what they found in their modules, where another
    call that came in between would leave its own."""
    if abandoned():
        raise Abandoned


def _kind(recipe: Mapping[str, Any], named: object, kinds: Sequence[Interface]) -> Interface:
    """The interface that the model names; where it names none, that of which most needs are in the recipe."""
    names = {kind.__name__.lower(): kind for kind in kinds}
    known = ", ".join(kind.__name__ for kind in kinds)
    if named:
        if str(named).lower() not in names:
            raise TypeError(f"the model's config.json names {named}; this task is answered by: {known}")
        return names[str(named).lower()]
    modules = recipe.get("modules") or {}
    needs = {kind: [*kind.HPARAMS_NEEDED, *NEEDED.get(kind.__name__, ())] for kind in kinds}
    fits = {
        kind: len(needs[kind]) + len(kind.MODULES_NEEDED)
        for kind in kinds
        if set(needs[kind]) <= recipe.keys() and set(kind.MODULES_NEEDED) <= modules.keys()
    }
    if not fits:
        raise TypeError(f"{RECIPE} holds what none of these needs: {known}; name its interface in config.json")
    return max(fits, key=lambda kind: fits[kind])


def _overrides(written: Mapping[str, Any], name: str, folder: str) -> dict[str, Any]:
    """What a recipe is told instead of what is written: its own folder, and places that may be written."""
    told: dict[str, Any] = {}
    for key, value in written.items():
        if isinstance(value, Mapping):
            told |= {key: inner} if (inner := _overrides(value, name, folder)) else {}
        elif key in PLACES:
            told[key] = PLACES[key]
        elif key == "pretrained_path" or value == name:
            told[key] = folder
    return told


def _written(file: Path) -> Mapping[str, Any]:
    """What is written in a recipe, without running any of it: names, plain values, and mappings of such."""
    if not file.is_file():
        raise TypeError(f"the model has no {RECIPE}, which says what it is made of")
    return _mapping(yaml.compose(read_text(file), Loader=yaml.SafeLoader))


def _mapping(node: Any) -> dict[str, Any]:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return {str(name.value): _plain(value) for name, value in pairs}


def _plain(node: Any) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    return node.value if isinstance(node, yaml.ScalarNode) else None
