"""Which of the library's models a repository holds, by its small files alone."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from inference_common.config_files import read_json
from inference_common.errors import LoadFailed

Kind = Literal["SentenceTransformer", "CrossEncoder"]
CONFIG = "config_sentence_transformers.json"


def kind_of(folder: Path) -> Kind:
    """The kind that CONFIG names; where it names none, as older releases wrote them: a modules.json or CONFIG is of a
    SentenceTransformer, and a network that ends in a classifier is a CrossEncoder. Any other network is one to make
    embeddings of, which the library does by a pooling.

    Raises LoadFailed for the library's other kinds.
    """
    named = read_json(folder / CONFIG).get("model_type")
    if named is not None and named not in get_args(Kind):
        raise LoadFailed(
            f"{CONFIG} says that the model is a {named}, which is not served here; name a SentenceTransformer or a"
            " CrossEncoder"
        )
    if named == "CrossEncoder":
        return "CrossEncoder"
    if named is not None or any((folder / file).is_file() for file in (CONFIG, "modules.json")):
        return "SentenceTransformer"
    architectures = read_json(folder / "config.json").get("architectures") or [""]
    return "CrossEncoder" if architectures[0].endswith("ForSequenceClassification") else "SentenceTransformer"
