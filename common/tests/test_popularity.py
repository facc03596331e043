import pytest
from inference_common.popularity import BUSY_SECONDS, WINDOW_SECONDS, Popularity


@pytest.mark.parametrize(
    ("apart", "popular"), [(0.001, False), (1.0, True), (WINDOW_SECONDS / BUSY_SECONDS, True), (20.0, False)]
)
def test_a_model_in_steady_use_is_popular(monkeypatch: pytest.MonkeyPatch, apart: float, popular: bool) -> None:
    now = 0.0
    monkeypatch.setattr("inference_common.popularity.time.monotonic", lambda: now)
    popularity = Popularity()
    found = []
    for _ in range(BUSY_SECONDS):
        found.append(popularity.count())
        now += apart
    assert found == [False] * (BUSY_SECONDS - 1) + [popular]
