"""Tiny models that classify texts."""

from __future__ import annotations

from pathlib import Path

from transformers import BertForSequenceClassification

from ._shared import bert, card


def text_classification(folder: Path) -> None:
    """A BERT with three labels."""
    names = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
    labels = {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}
    bert(folder, BertForSequenceClassification, **labels)
    card(folder, "text-classification")


def zero_shot_classification(folder: Path) -> None:
    """A BERT that says whether one sentence follows from another."""
    names = ["contradiction", "neutral", "entailment"]
    labels = {"id2label": dict(enumerate(names)), "label2id": {name: n for n, name in enumerate(names)}}
    bert(folder, BertForSequenceClassification, **labels)
    card(folder, "zero-shot-classification")
