"""`python references.py FOLDER`, in the library's environment and folder: writes the model of each configuration into
the folder, with the ONNX file of its network, and the library's own answers into its `answers.json`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import assemblies  # type: ignore[import-not-found]  # beside this file
import models  # type: ignore[import-not-found]  # the library's own, in whose folder this runs
import torch
from app.pipelines._originals import Encoding, Scoring  # type: ignore[import-not-found]
from configurations import CONFIGURATIONS, ENCODER, LEFT_OUT, SCORER  # type: ignore[import-not-found]
from inference_common.onnx.make import export
from inference_common.source import FolderSource
from questions import PAIRS, REQUESTS, TEXTS  # type: ignore[import-not-found]
from sentence_transformers import CrossEncoder, SentenceTransformer

OWN = "onnx/model.onnx"
BASES: Mapping[str, tuple[Callable[[Path], None], type[Any], str]] = {
    ENCODER: (models.feature_extraction, Encoding, "last_hidden_state"),
    SCORER: (models.text_ranking, Scoring, "logits"),
}


def main(folder: Path) -> None:
    """Write all of them."""
    bases = {name: _base(folder / "bases" / name, *how) for name, how in BASES.items()}
    for name, configuration in CONFIGURATIONS.items():
        model = folder / name
        shutil.copytree(bases[configuration.base], model)
        for file, edit in configuration.edits.items():
            _edit(model / file, edit)
    for name, assemble in assemblies.ASSEMBLIES.items():
        assemble(folder / name)
        (folder / name / "onnx").mkdir()
        shutil.copy(bases[ENCODER] / OWN, folder / name / OWN)  # which would give other numbers
    for model in folder.iterdir():
        if model.name != "bases":
            is_scorer = model.name in CONFIGURATIONS and CONFIGURATIONS[model.name].base == SCORER
            (model / "answers.json").write_text(json.dumps(_answers(model, is_scorer=is_scorer)))


def _base(folder: Path, write: Callable[[Path], None], original: type[Any], output: str) -> Path:
    write(folder)
    made = original(FolderSource(folder), "cpu")
    (folder / "onnx").mkdir()
    export(made.network, made.examples(), [output], folder / OWN)
    return folder


def _edit(file: Path, edit: Any) -> None:
    """Replace keys of a file, or the whole of it; none at all: remove it."""
    if not edit:
        file.unlink()
    elif isinstance(edit, list):
        file.write_text(json.dumps(edit))
    else:
        whole = {**(json.loads(file.read_text()) if file.is_file() else {}), **edit}
        file.write_text(json.dumps({key: value for key, value in whole.items() if value != LEFT_OUT}))


def _answers(model: Path, *, is_scorer: bool) -> Any:
    """Those to each question by the library called directly; an error's text where it refuses the model."""
    try:
        if is_scorer:
            return {"scores": _numbers(CrossEncoder(str(model), device="cpu").predict(PAIRS))}
        return _embeddings(SentenceTransformer(str(model), device="cpu"))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _embeddings(model: SentenceTransformer) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    usual = getattr(model.tokenizer, "truncation_side", None)
    for name, request in REQUESTS.items():
        if usual is not None:
            model.tokenizer.truncation_side = request.params.get("truncation_direction", usual)
        answers[name] = _numbers(model.encode(TEXTS, **request.options))
    if usual is not None:
        model.tokenizer.truncation_side = usual
    for prompt in model.prompts:
        answers[f"prompt {prompt}"] = _numbers(model.encode(TEXTS, prompt_name=prompt))
    together = model.encode(TEXTS)  # as the task does: with padding at the left, numbers depend on who is together
    similar = model.similarity(together[:1], together[1:])
    ranked = model.similarity(model.encode_query(TEXTS[:1]), model.encode_document(TEXTS[1:]))
    return {**answers, "similarities": _numbers(similar[0]), "scores": _numbers(ranked[0])}


def _numbers(values: Any) -> Any:
    return torch.as_tensor(values).tolist()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
