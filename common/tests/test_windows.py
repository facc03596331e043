import numpy as np
import numpy.typing as npt
import pytest
from inference_common import windows
from inference_common.cancel import Abandoned, watched

Floats = npt.NDArray[np.float32]
SHARED = 200


def parted(waves: Floats) -> Floats:
    """Two sources of each sound, in an order that the first frame tells."""
    low, high = waves * np.float32(0.25), waves * np.float32(0.75)
    return np.stack([np.stack([a, b] if a[0] > 0 else [b, a]) for a, b in zip(low, high, strict=True)])


@pytest.mark.parametrize("frames", [1000, 1001, 5000, 9999])
def test_the_parts_are_the_whole(monkeypatch: pytest.MonkeyPatch, frames: int) -> None:
    monkeypatch.setattr(windows, "GRID", 100)
    waves = np.random.default_rng(0).normal(size=(2, frames)).astype(np.float32)
    seen = list[int]()

    def separate(part: Floats) -> Floats:
        seen.append(part.shape[-1])
        return parted(part)

    made = windows.in_windows(separate, waves, 1000, SHARED)
    np.testing.assert_allclose(made, parted(waves), atol=1e-6)
    assert max(seen) <= 1000 + windows.GRID
    assert (len(seen) == 1) == (frames == 1000)


def test_sources_of_another_order_follow_those_they_are_like() -> None:
    whole = np.random.default_rng(0).normal(size=(3, 1000)).astype(np.float32)
    made = windows.join(whole[:, :600], whole[[2, 0, 1], 400:], SHARED)
    np.testing.assert_allclose(made, whole, atol=1e-6)


def test_nobody_who_left_is_worked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "GRID", 100)
    waves = np.ones((1, 9000), dtype=np.float32)
    heard = list[int]()

    def separate(part: Floats) -> Floats:
        heard.append(part.shape[-1])
        return parted(part)

    with watched(lambda: bool(heard)), pytest.raises(Abandoned):
        windows.in_windows(separate, waves, 1000, SHARED)
    assert len(heard) == 1
    with watched(lambda: True), pytest.raises(Abandoned):
        windows.in_groups(lambda group: list(group), list(waves), 1)


def test_sounds_of_one_length_go_together_and_come_back_in_order() -> None:
    waves = [np.full(frames, place, dtype=np.float32) for place, frames in enumerate([3, 5, 3, 3, 5, 1])]
    seen = list[tuple[int, ...]]()

    def answer(group: Floats) -> list[float]:
        seen.append(group.shape)
        return [float(wave[0]) for wave in group]

    assert windows.in_groups(answer, waves, 2) == [0, 1, 2, 3, 4, 5]
    assert sorted(seen) == [(1, 1), (1, 3), (2, 3), (2, 5)]


def test_parts_are_cut_where_it_is_quiet() -> None:
    waves = np.random.default_rng(0).normal(size=(1, 9000)).astype(np.float32)
    for quiet in (2500, 4900, 7700):
        waves[:, quiet : quiet + 100] *= 0.01
    parts = windows.at_pauses(waves, 3000, 80)
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), waves)
    ends = np.cumsum([part.shape[-1] for part in parts])
    np.testing.assert_allclose(ends, [2550, 4950, 7750, 9000], atol=15)
    assert [part.shape for part in windows.at_pauses(waves[:, :3000], 3000, 80)] == [(1, 3000)]
