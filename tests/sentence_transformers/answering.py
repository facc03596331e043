"""`python answering.py FORM FOLDER`, in an environment of the library or its variant, and the library's folder: answers
the questions over each model in the folder by a pipeline, by the library's own network or by the ONNX file (`library`,
`onnx`), and writes the answers, or why there are none, as JSON to standard output."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from app.pipelines.feature_extraction import FeatureExtraction  # type: ignore[import-not-found]
from app.pipelines.sentence_similarity import SentenceSimilarity  # type: ignore[import-not-found]
from app.pipelines.text_ranking import TextRanking  # type: ignore[import-not-found]
from inference_common.onnx.search import Search, searching
from inference_common.source import FolderSource
from inference_common.tasks import TASKS
from inference_common.tasks.text import FeatureExtractionParams, RankingInputs, SimilarityInputs
from questions import REQUESTS, TEXTS  # type: ignore[import-not-found]

PAIR = {"query": TEXTS[0], "texts": TEXTS[1:]}
SIMILAR = {"source_sentence": TEXTS[0], "sentences": TEXTS[1:]}


def main(form: str, folder: Path) -> None:
    """Answer over all of them."""
    answers = {model.name: _answers(form, model) for model in folder.iterdir() if model.name != "bases"}
    json.dump(answers, sys.stdout)


def _answers(form: str, model: Path) -> Any:
    try:
        ranking = _ranking(form, model)
        return ranking if isinstance(ranking, str) else _asked(ranking)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _ranking(form: str, model: Path) -> Any:
    """The pipeline that every kind of model answers, or why there is none."""
    source = FolderSource(model)
    if form == "library":
        return TextRanking(source, "cpu")
    with searching(Search(file=model / "onnx" / "model.onnx")) as search:
        made = TextRanking.optimized(source, "onnx")
    return search.reason if made is None else made


def _asked(ranking: Any) -> dict[str, Any]:
    scores = {
        one["index"]: one["score"] for one in ranking.batch([RankingInputs(**PAIR)], TASKS["text-ranking"].params())[0]
    }
    answers: dict[str, Any] = {"scores": [scores[n] for n in range(len(scores))]}
    features, similarity = FeatureExtraction.adopt(ranking), SentenceSimilarity.adopt(ranking)
    if features is None:
        return answers
    usual = TASKS["sentence-similarity"].params()
    (answers["similarities"],) = similarity.batch([SimilarityInputs(**SIMILAR)], usual)
    params = {name: request.params for name, request in REQUESTS.items()}
    prompts = {f"prompt {name}": {"prompt_name": name} for name in features.encoder.prompts}
    for name, raw in {**params, **prompts}.items():
        answers[name] = _embedded(features, FeatureExtractionParams.model_validate(raw))
    return answers


def _embedded(features: FeatureExtraction, params: FeatureExtractionParams) -> Any:
    features.check(params)
    texts = [features.preprocess(text) for text in TEXTS]
    return np.stack(features.batch(texts, params)).tolist()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
