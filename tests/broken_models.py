"""What a library's server says of models that are broken on purpose.

    python broken_models.py TASK=FOLDER ...     (in the library's environment and folder)

{task: {fault: {"reason": why it is not ready, empty where it is, "answers": [[status, body], ...] to the task's good
payloads}}} goes to standard output; faults that a model cannot have are left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch  # in the library's own environment
from inference_common.tasks import TASKS
from inference_common.testing.in_process import post, served

Tensors = dict[str, Any]
UNREAD: Mapping[str, str] = {
    "automatic-speech-recognition": r"masked_spec_embed$",
    "depth-estimation": r"fusion_stage\.layers\.0\.residual_layer1\.|mask_token$",
    "feature-extraction": r"pooler\.",
    "image-classification": r"mask_token$|num_batches_tracked$",
    "sentence-similarity": r"pooler\.",
    "text-to-speech": r"posterior_encoder\.|duration_predictor\.post_",
}
"""The names of weights that networks have for training, or for other tasks: many of the Hub's files lack them."""
KEPT_CHARACTERS = 20_000  # of an answer


def without(tensors: Tensors, place: int) -> Tensors:
    """All but the first or the last group of names that begin alike: a network's body, its head."""
    groups = list(dict.fromkeys(name.partition(".")[0] for name in tensors))
    return {name: tensor for name, tensor in tensors.items() if name.partition(".")[0] != groups[place]}


def last_of(tensors: Tensors) -> str:
    """The last one of several dimensions, which libraries make at random."""
    return [name for name, tensor in tensors.items() if tensor.ndim > 1][-1]


def without_one(tensors: Tensors) -> Tensors:
    last = last_of(tensors)
    return {name: tensor for name, tensor in tensors.items() if name != last}


def reshaped(tensors: Tensors) -> Tensors:
    """One row more."""
    last = last_of(tensors)
    return {**tensors, last: torch.cat([tensors[last], tensors[last][:1]])}


def without_unread(tensors: Tensors, names: str) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if not re.search(names, name)}


def not_numbers(tensors: Tensors) -> Tensors:
    """All of them NaN."""
    return {
        name: torch.full_like(tensor, float("nan")) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


WRITTEN = frozenset({"automatic-speech-recognition"})
"""Tasks whose tokenizer makes texts of numbers alone."""
WEIGHTS: Mapping[str, Callable[[Tensors], Tensors]] = {
    "no first group": partial(without, place=0),
    "no last group": partial(without, place=-1),
    "one weight less": without_one,
    "another shape": reshaped,
    "NaN": not_numbers,
}
"""What may be wrong with the tensors of a file."""


def weight_files(folder: Path) -> list[Path]:
    """The files of weights, the largest first."""
    found = [file for kind in ("safetensors", "bin", "ckpt") for file in folder.rglob(f"*.{kind}")]
    return sorted(found, key=lambda file: -file.stat().st_size)


def rewrite(folder: Path, change: Callable[[Tensors], Tensors]) -> None:
    """Change the tensors of the largest file of safetensors, or of torch's."""
    file = weight_files(folder)[0]
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file, save_file

        save_file(change(load_file(file)), file, metadata={"format": "pt"})
        return
    held = torch.load(file, weights_only=False)
    tensors = held.get("state_dict", held)
    changed = change(dict(tensors))
    torch.save({**held, "state_dict": changed} if "state_dict" in held else changed, file)


def cut(folder: Path) -> None:
    """A download that broke off."""
    file = weight_files(folder)[0]
    os.truncate(file, file.stat().st_size // 2)


def larger_vocabulary(folder: Path) -> None:
    """A tokenizer that gives numbers of which the network has no embedding."""
    file = folder / "tokenizer.json"
    held = json.loads(file.read_text())
    special = {token["content"] for token in held["added_tokens"]}
    vocabulary = held["model"]["vocab"]
    if isinstance(vocabulary, dict):
        shifted = {piece: n + 1_000_000 * (piece not in special) for piece, n in vocabulary.items()}
        file.write_text(json.dumps({**held, "model": {**held["model"], "vocab": shifted}}))


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def faults(task: str, folder: Path) -> Mapping[str, Callable[[Path], None]]:
    """What may be wrong with a copy of this model, by name."""
    changes: dict[str, Callable[[Tensors], Tensors]] = {
        **WEIGHTS,
        "no unread weights": partial(without_unread, names=UNREAD.get(task, "^$")),
    }
    of_weights: dict[str, Callable[[Path], None]] = {
        name: partial(rewrite, change=change) for name, change in changes.items()
    }
    of_tokenizer = {"no tokenizer": without_tokenizer, "larger vocabulary": larger_vocabulary}
    has_weights, has_tokenizer = bool(weight_files(folder)), (folder / "tokenizer.json").is_file()
    if task in WRITTEN:
        del of_tokenizer["larger vocabulary"]
    return {
        "none": lambda copy: None,
        "none, again": lambda copy: None,
        **({"cut short": cut, **of_weights} if has_weights else {}),
        **(of_tokenizer if has_tokenizer else {}),
    }


def said_of(task: str, folder: Path) -> dict[str, Any]:
    """What a server says of a model."""
    with served(task, folder) as (client, reason):
        answers = [] if reason else post(client, TASKS[task].good)
    told = [[answer.status_code, answer.content[:KEPT_CHARACTERS].decode("latin-1")] for answer in answers]
    return {"reason": reason, "answers": told}


def broken(task: str, folder: Path) -> dict[str, Any]:
    """What it says of the model with each fault."""
    found = {}
    for name, spoil in faults(task, folder).items():
        with tempfile.TemporaryDirectory() as place:
            copy = shutil.copytree(folder, Path(place) / "model")
            spoil(copy)
            found[name] = said_of(task, copy)
    return found


if __name__ == "__main__":
    models = [model.partition("=") for model in sys.argv[1:]]
    json.dump({task: broken(task, Path(folder)) for task, _, folder in models}, sys.stdout)
