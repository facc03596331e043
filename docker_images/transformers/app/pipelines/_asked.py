"""What a caller asks of `generate`, by name: what is refused of it, what is lowered, and what changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inference_common.errors import InvalidRequest

Asked = Mapping[str, Any]
MOST, LEAST = ("max_new_tokens", "max_length"), ("min_new_tokens", "min_length")
OF_SAMPLING = ("temperature", "top_k", "top_p", "typical_p", "epsilon_cutoff", "eta_cutoff")
OF_BEAMS = ("early_stopping", "length_penalty")


def refuse_impossible(asked: Asked, most: int, usual: Asked, prompt: int | None = None) -> None:
    """Raise InvalidRequest for what `generate` cannot do for a network that writes at most so many tokens; `usual` is
    what stands where the caller does not say, `prompt` how many tokens begin every text (None: not known)."""
    if (asked.get("num_beam_groups") or 1) > 1 or asked.get("penalty_alpha"):
        raise InvalidRequest("num_beam_groups and penalty_alpha are no longer in transformers; leave them out")
    for name in LEAST:
        if (asked.get(name) or 0) > most:
            raise InvalidRequest(f"{name} is {asked[name]:,}, and this model writes at most {most:,} tokens")
    least = _first(asked, LEAST)
    limit = _first(asked, MOST) or _first(usual, MOST)
    if least is None or limit is None:
        return
    # A `length` counts what begins the text too, which is a token at least.
    begun = dict.fromkeys(("min_length", "max_length"), prompt or 1)
    if least == "min_length" and limit == "max_new_tokens" and prompt is None:
        return
    longest = asked.get(limit) or usual[limit]
    if asked[least] - begun.get(least, 0) > longest - begun.get(limit, 0):
        raise InvalidRequest(
            f"{least} is {asked[least]:,}, which {limit} ({longest:,}) leaves no room for; send a smaller {least}, or a"
            f" larger {limit}"
        )


def _first(lengths: Asked, names: Sequence[str]) -> str | None:
    """The one of these lengths that holds, which is the first that is there."""
    return next((name for name in names if lengths.get(name)), None)


def within_model(asked: Asked, most: int) -> dict[str, Any]:
    """What is asked, but for lengths that a network of at most so many tokens cannot write."""
    return {**asked, **{name: most for name in MOST if (asked.get(name) or 0) > most}}


def ineffective(asked: Asked, most: int, usual: Asked) -> Sequence[str]:
    """In words, what is asked that `generate` will not do: lower lengths, and parameters that change nothing."""
    warnings = [
        f"{name} is {asked[name]:,}, and this model writes at most {most:,} tokens"
        for name in MOST
        if (asked.get(name) or 0) > most
    ]
    if all(asked.get(name) for name in MOST):
        warnings.append("not used beside max_new_tokens: max_length")
    if all(asked.get(name) for name in LEAST):
        warnings.append("not used beside min_new_tokens: min_length")
    whole = {**usual, **asked}
    if not whole.get("do_sample"):
        warnings += _unused(asked, OF_SAMPLING, "do_sample: true")
    if (whole.get("num_beams") or 1) == 1:
        warnings += _unused(asked, OF_BEAMS, "num_beams above 1")
    return warnings


def _unused(asked: Asked, names: Sequence[str], needed: str) -> Sequence[str]:
    # 0 and 1 turn these off, of which nobody need be told.
    found = [name for name in names if asked.get(name) is True or asked.get(name) not in (None, 0, 1)]
    return [f"not used without {needed}: {', '.join(found)}"] if found else []
