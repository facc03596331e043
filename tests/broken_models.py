"""What a library's server says of models that are broken on purpose.

    python broken_models.py TASK=FOLDER ...     (in the library's environment and folder)

{task: {fault: {"ready": the status of /ready, "reason": its error, "answers": [[status, body], ...] to the task's good
payloads}}} goes to standard output; faults that a model cannot have are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch  # in the library's own environment
from inference_common import Settings, create_app
from inference_common.source import FolderSource
from inference_common.tasks import TASKS
from starlette.testclient import TestClient

Tensors = dict[str, Any]
LOAD_SECONDS = 100
KEPT_CHARACTERS = 20_000  # of an answer


def groups(tensors: Tensors) -> list[str]:
    """The first parts of the names, in order: a network's body, its head."""
    return list(dict.fromkeys(name.partition(".")[0] for name in tensors))


def without(tensors: Tensors, place: int) -> Tensors:
    """All but one group, if there are several."""
    found = groups(tensors)
    return {name: tensor for name, tensor in tensors.items() if name.partition(".")[0] != found[place]}


def without_one(tensors: Tensors) -> Tensors:
    """All but the last one of several dimensions, which initialisation makes random."""
    last = [name for name, tensor in tensors.items() if tensor.ndim > 1][-1]
    return {name: tensor for name, tensor in tensors.items() if name != last}


def reshaped(tensors: Tensors) -> Tensors:
    """The last one of several dimensions has one row more."""
    last = [name for name, tensor in tensors.items() if tensor.ndim > 1][-1]
    return {**tensors, last: torch.cat([tensors[last], tensors[last][:1]])}


def not_numbers(tensors: Tensors) -> Tensors:
    """Each is NaN."""
    return {
        name: torch.full_like(tensor, float("nan")) if tensor.is_floating_point() else tensor
        for name, tensor in tensors.items()
    }


WEIGHTS: Mapping[str, Callable[[Tensors], Tensors]] = {
    "no first group": lambda tensors: without(tensors, 0),
    "no last group": lambda tensors: without(tensors, -1),
    "one weight less": without_one,
    "another shape": reshaped,
    "NaN": not_numbers,
}


def rewrite(file: Path, change: Callable[[Tensors], Tensors]) -> None:
    """Change the tensors of a file of safetensors, or of torch's."""
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file, save_file

        save_file(change(load_file(file)), file, metadata={"format": "pt"})
        return
    held = torch.load(file, weights_only=False)
    if "state_dict" in held:
        torch.save({**held, "state_dict": change(held["state_dict"])}, file)
    else:
        torch.save(change(held), file)


def weight_files(folder: Path) -> list[Path]:
    """The files of weights, the largest first."""
    found = [file for kind in ("safetensors", "bin", "ckpt", "pt") for file in folder.rglob(f"*.{kind}")]
    return sorted(found, key=lambda file: -file.stat().st_size)


def faulty(folder: Path) -> Iterator[tuple[str, Callable[[Path], None]]]:
    """The faults that a model can have, and what gives them to a copy of it."""
    files = [file.relative_to(folder) for file in weight_files(folder)]
    yield "none", lambda copy: None
    for name, change in WEIGHTS.items():
        yield name, lambda copy, change=change: [rewrite(copy / file, change) for file in files[:1]]
    yield "cut short", lambda copy: os.truncate(copy / files[0], (copy / files[0]).stat().st_size // 2)
    if (folder / "tokenizer.json").is_file():
        yield "no tokenizer", lambda copy: (copy / "tokenizer.json").unlink()
        yield "larger vocabulary", larger_vocabulary


def larger_vocabulary(folder: Path) -> None:
    """Its tokenizer gives numbers that its network has no embedding of."""
    file = folder / "tokenizer.json"
    told = json.loads(file.read_text())
    vocabulary = told["model"]["vocab"]
    if isinstance(vocabulary, dict):
        special = {one["content"] for one in told["added_tokens"]}
        told["model"]["vocab"] = {
            piece: number if piece in special else number + 1_000_000 for piece, number in vocabulary.items()
        }
    file.write_text(json.dumps(told))


def said(task: str, folder: Path) -> dict[str, Any]:
    """What a server says of a model."""
    app = create_app("app.pipelines", Settings(task=task, optimize="none", device="cpu"), FolderSource(folder))
    with TestClient(app, raise_server_exceptions=False) as client:
        end = time.monotonic() + LOAD_SECONDS
        while (ready := client.get("/ready")).json()["status"] == "loading" and time.monotonic() < end:
            time.sleep(0.02)
        answers = []
        for payload in TASKS[task].good if ready.status_code == 200 else ():
            headers = {} if payload.content_type is None else {"content-type": payload.content_type}
            answer = client.post("/", content=payload.body, headers=headers, params=payload.query)
            answers.append([answer.status_code, answer.content[:KEPT_CHARACTERS].decode("latin-1")])
        return {"ready": ready.status_code, "reason": ready.json().get("error", ""), "answers": answers}


def tried(task: str, folder: Path) -> dict[str, Any]:
    """The same of each fault."""
    found = {}
    for name, spoil in faulty(folder):
        with tempfile.TemporaryDirectory() as place:
            copy = shutil.copytree(folder, Path(place) / "model")
            spoil(copy)
            found[name] = said(task, copy)
    return found


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    json.dump(
        {task: tried(task, Path(folder)) for task, _, folder in (one.partition("=") for one in sys.argv[1:])},
        sys.stdout,
    )
