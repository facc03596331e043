"""Prompts of decoders: where their tokens begin in them, and the token by which a chat template ends a turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

CONTENT = "0f6c2e5b"
"""What a model says in a chat that is only rendered to see how its turn ends: a text of no template."""


def starts_of(encoded: Any) -> Sequence[int | None] | None:
    """Where each token of one text begins in it, so that each ends where the next one begins; None for a token that the
    tokenizer put before or after. None, if this tokenizer does not tell. `encoded` is what it made of the text alone.

    Of several tokens that make one character, the last has it, as when tokens are spelled one by one.
    """
    if not encoded.encodings:
        return None
    (encoding,), starts, end = encoded.encodings, list[int | None](), 0
    for (start, stop), is_added in zip(encoding.offsets, encoding.special_tokens_mask, strict=True):
        starts.append(None if is_added else min(start, end))
        end = end if is_added else stop
    return starts


def end_of_turn(tokenizer: Any, special: frozenset[int], render: Callable[[Sequence[Mapping[str, Any]]], str],
                content: Callable[[str], Any]) -> frozenset[int]:  # fmt: skip
    """The special token that a chat template writes after what the model says, if there is one.

    `render` makes a text of messages by the template, `content` the content of a message that is a text. Raises what
    `render` does.
    """
    messages = [{"role": role, "content": content(CONTENT)} for role in ("user", "assistant")]
    _, found, after = render(messages).rpartition(CONTENT)
    ids = tokenizer(after.lstrip(), add_special_tokens=False)["input_ids"] if found else []
    return frozenset(ids[:1]) & special
