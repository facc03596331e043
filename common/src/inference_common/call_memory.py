"""The memory that a model's call will take, held before it is made."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

from . import account
from .pipeline import AnyPipeline
from .task import Params


def hold_call(pipeline: AnyPipeline, costs: Sequence[int], params: Params) -> None:
    """Hold, for the current request, the bytes that `pipeline.memory` gives for inputs of these costs.

    Raises Overloaded (429), and TooLarge (413), which tells how much would fit, where it never does.
    """
    needed = pipeline.memory(costs, params)
    if not needed:
        return
    most = account.max_bytes()
    if most is not None and needed > most:
        raise account.too_large(needed, most, _what_fits(pipeline, costs, params, most))
    account.take(needed)


def _what_fits(pipeline: AnyPipeline, costs: Sequence[int], params: Params, most: int) -> str:
    unit, dearest = pipeline.cost_unit or "units of cost", max(costs)
    if pipeline.memory([dearest], params) <= most:
        return f"send fewer of these {len(costs):,} inputs at once"
    fits = bisect.bisect_right(range(dearest), most, key=lambda cost: pipeline.memory([cost], params)) - 1
    return (
        f"an input has {dearest:,} {unit}, and about {max(0, fits):,} would fit; send less, or ask for a shorter answer"
    )
