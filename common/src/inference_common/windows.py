"""Sounds through a network: those of one length together, and one too long to go at once in windows or in parts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .cancel import checkpoint

GRID = 102_400  # frames; networks' strides divide it, so a window is cut into the pieces that the whole would be
Floats = npt.NDArray[np.float32]
Made = TypeVar("Made")


def in_groups(answer: Callable[[Floats], Sequence[Made]], waves: Sequence[Floats], most: int) -> list[Made]:
    """What `answer` makes of each wave, in order. It is given waves of one length, up to `most` of them, of shape
    (sounds, frames): silence after a shorter one would change what a network takes the mean of."""
    places: dict[int, list[int]] = {}
    for place, wave in enumerate(waves):
        places.setdefault(len(wave), []).append(place)
    groups = [alike[start : start + most] for alike in places.values() for start in range(0, len(alike), most)]
    made: dict[int, Made] = {}
    for group in groups:
        checkpoint()
        made.update(zip(group, answer(np.stack([waves[place] for place in group])), strict=True))
    return [made[place] for place in range(len(waves))]


def in_windows(separate: Callable[[Floats], Floats], waves: Floats, window: int, shared: int) -> Floats:
    """`separate` of waves of shape (sounds, frames), in windows of so many frames: of shape (sounds, sources, frames).

    Windows are of one length, but for the last, and up to `GRID` longer than asked for; neighbours share `shared`.
    """
    frames = waves.shape[-1]
    if frames <= window:
        return separate(waves)
    count = math.ceil((frames - shared) / (window - shared))
    stride = math.ceil((frames - shared) / count / GRID) * GRID
    joined = list(separate(waves[:, : stride + shared]))
    for start in range(stride, frames - shared, stride):
        checkpoint()
        made = separate(waves[:, start : start + stride + shared])
        joined = [join(one, other, shared) for one, other in zip(joined, made, strict=True)]
    return np.stack(joined)


def join(before: Floats, after: Floats, shared: int) -> Floats:
    """Sources of shape (sources, frames), and those of the next window, which begins `shared` frames before their end.

    A network may give the sources of another window in another order: they follow those they are most like.
    """
    told, heard = before[:, -shared:], after[:, :shared]
    alike = told @ heard.T
    places = np.arange(len(before))
    order = list(max(permutations(places), key=lambda taken: float(alike[places, list(taken)].sum())))
    rising = np.linspace(0, 1, shared, dtype=np.float32)
    blended = told + (heard[order] - told) * rising
    return np.concatenate([before[:, :-shared], blended, after[order, shared:]], axis=-1)


def at_pauses(waves: Floats, longest: int, pause: int) -> list[Floats]:
    """Waves of shape (sounds, frames) in parts of at most `longest` frames, for what makes no sound of them.

    Each is cut in the middle of the quietest `pause` frames of its last third: there a word is least likely to be.
    """
    parts = []
    while waves.shape[-1] > longest:
        late = longest * 2 // 3
        power = np.cumsum(np.square(waves[:, late:longest], dtype=np.float64).sum(axis=0))
        cut = late + int(np.argmin(power[pause:] - power[:-pause])) + pause // 2
        parts.append(waves[:, :cut])
        waves = waves[:, cut:]
    return [*parts, waves]
