"""Tiny models of the tokens of a text."""

from __future__ import annotations

from pathlib import Path

from transformers import BertForMaskedLM, BertForQuestionAnswering, BertForTokenClassification, BertModel

from ._shared import bert, card


def feature_extraction(folder: Path) -> None:
    """A BERT without a head."""
    bert(folder, BertModel)
    card(folder, "feature-extraction")


def fill_mask(folder: Path) -> None:
    """A BERT whose mask is [MASK]."""
    bert(folder, BertForMaskedLM)
    card(folder, "fill-mask")


def question_answering(folder: Path) -> None:
    """A BERT that finds answers, of weights near enough to zero that several are likely."""
    bert(folder, BertForQuestionAnswering, initializer_range=0.2)
    card(folder, "question-answering")


def token_classification(folder: Path) -> None:
    """A BERT with the labels of persons and places, in their B- and I- form."""
    names = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    labels = {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}
    bert(folder, BertForTokenClassification, initializer_range=0.15, **labels)
    card(folder, "token-classification")
