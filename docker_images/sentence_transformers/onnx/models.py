"""Models of this variant: repositories whose network is an ONNX file, which is all that it can run.

`python models.py TASK FOLDER`, where `onnx` is installed as for the tests, writes the tiny model of one task.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HUB = {
    "feature-extraction": "sentence-transformers/all-MiniLM-L6-v2",
    "sentence-similarity": "sentence-transformers/all-MiniLM-L6-v2",
    "text-ranking": "cross-encoder/ms-marco-MiniLM-L6-v2",
}
"""A small real model of each task that carries such a file, for runs that reach the Hub."""

SIGNATURES = ()
"""Of what such repositories are is told by the library's own."""

WORDS = "the a an is are was what that today happy sad sunny person dog cat kitten car lorry paris france hello"
HIDDEN, LONGEST = 32, 128
OWN = "onnx/model.onnx"


def feature_extraction(folder: Path) -> None:
    """Token vectors out of a table, their mean of length 1; with prompts."""
    _encoder(folder, {"query": "query: ", "document": "document: "})


def sentence_similarity(folder: Path) -> None:
    """The same without prompts."""
    _encoder(folder, {})


def text_ranking(folder: Path) -> None:
    """A score of each token out of a table, and their sum."""
    from inference_common.testing.onnx import write_sums

    write_sums(folder / OWN, "logits", rows=_tokenizer(folder))
    _json(folder / "config.json", id2label={"0": "LABEL_0"}, max_position_embeddings=LONGEST)
    _json(folder / "config_sentence_transformers.json", model_type="CrossEncoder")


def _encoder(folder: Path, prompts: dict[str, str]) -> None:
    from inference_common.testing.onnx import write_lookup

    write_lookup(folder / OWN, "last_hidden_state", rows=_tokenizer(folder), width=HIDDEN)
    names = ("Transformer", "Pooling", "Normalize")
    paths = ("", "1_Pooling", "2_Normalize")
    steps = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{name}"}
        for n, (name, path) in enumerate(zip(names, paths, strict=True))
    ]
    folder.joinpath("modules.json").write_text(json.dumps(steps))
    _json(folder / "1_Pooling" / "config.json", word_embedding_dimension=HIDDEN, pooling_mode_mean_tokens=True)
    _json(folder / "sentence_bert_config.json", max_seq_length=LONGEST, do_lower_case=False)
    _json(folder / "config_sentence_transformers.json", prompts=prompts, similarity_fn_name="cosine")
    _json(folder / "config.json", hidden_size=HIDDEN, max_position_embeddings=LONGEST)


def _tokenizer(folder: Path) -> int:
    """Write a WordPiece over a few words and every printable character, and tell how many pieces it knows."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    characters = [chr(c) for c in range(33, 127) if not chr(c).isupper()]
    pieces = [*characters, *(f"##{c}" for c in characters), *(word for word in WORDS.split() if len(word) > 1)]
    vocabulary = {piece: n for n, piece in enumerate(("[PAD]", "[UNK]", "[CLS]", "[SEP]", *pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    _json(folder / "tokenizer_config.json", model_max_length=LONGEST, pad_token="[PAD]")
    return len(vocabulary)


def _json(file: Path, **values: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(values), encoding="utf-8")


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](Path(sys.argv[2]))
