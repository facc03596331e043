"""Labels that a caller names: as tokens, in batches of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inference_common.errors import InvalidRequest
from transformers import BatchEncoding, PreTrainedTokenizerBase

MAX_LABELS_PER_CALL = 64
"""This bounds the memory of a call, and lets other callers' calls run in between."""
MAX_SHOWN = 60  # characters of a sentence, in an error


def batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in their order, at most MAX_LABELS_PER_CALL at a time."""
    return (texts[start : start + MAX_LABELS_PER_CALL] for start in range(0, len(texts), MAX_LABELS_PER_CALL))


def label_tokens(
    tokenizer: PreTrainedTokenizerBase, sentences: Sequence[str], longest: int, padding: bool | str = True
) -> BatchEncoding:
    """The tokens of a sentence for each label, at most `longest` each, padded to the longest sentence or as `padding`
    says.

    Raises InvalidRequest for a longer one: two labels that begin alike would be the same once they are cut.
    """
    for sentence in sentences:
        count = len(tokenizer(sentence, verbose=False)["input_ids"])
        if count > longest:
            raise InvalidRequest(
                f"A label of candidate_labels makes a sentence of {count} tokens, {sentence[:MAX_SHOWN]!r}..., and this"
                f" model reads {longest}; shorten it"
            )
    return tokenizer(list(sentences), padding=padding, truncation=True, max_length=longest, return_tensors="pt")
