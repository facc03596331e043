"""Sound too long to go through a network at once: windows that share an end with the next."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from inference_common.cancel import abandoned
from scipy.optimize import linear_sum_assignment

GRID = 102_400  # frames; the networks' strides divide it, so a window is cut into the pieces that the whole would be


def in_windows(
    separate: Callable[[torch.Tensor], torch.Tensor], waves: torch.Tensor, window: int, shared: int
) -> torch.Tensor:
    """`separate` of waves of shape (sounds, frames), in windows of so many frames: of shape (sounds, sources, frames).

    Windows are of one length, but for the last, and up to `GRID` longer than asked for; neighbours share `shared`.
    """
    frames = waves.shape[-1]
    if frames <= window:
        return separate(waves)
    count = math.ceil((frames - shared) / (window - shared))
    stride = math.ceil((frames - shared) / count / GRID) * GRID
    joined = separate(waves[:, : stride + shared])
    for start in range(stride, frames - shared, stride):
        if abandoned():
            break
        made = separate(waves[:, start : start + stride + shared])
        joined = torch.stack([join(one, other, shared) for one, other in zip(joined, made, strict=True)])
    return joined


def join(before: torch.Tensor, after: torch.Tensor, shared: int) -> torch.Tensor:
    """Sources of shape (sources, frames), and those of the next window, which begins `shared` frames before their end.

    A network may give the sources of another window in another order: they follow those they are most like.
    """
    told, heard = before[:, -shared:], after[:, :shared]
    order = linear_sum_assignment((told @ heard.T).cpu().numpy(), maximize=True)[1]
    rising = torch.linspace(0, 1, shared, device=before.device)
    blended = torch.lerp(told, heard[order], rising)
    return torch.cat([before[:, :-shared], blended, after[order, shared:]], dim=-1)
