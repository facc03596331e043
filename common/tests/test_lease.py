import asyncio

import pytest
from conftest import Connect
from inference_common.errors import ModelLoading, Overloaded
from inference_common.lease import Lease
from inference_common.model import Model
from inference_common.service import Service


def pinned(connect: Connect) -> Model:
    service: Service = connect().app.state.service  # type: ignore[attr-defined]
    assert service.models.pinned is not None
    return service.models.pinned


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


def test_it_is_kept_until_the_end(connect: Connect) -> None:
    model = pinned(connect)

    async def run() -> None:
        async with Lease(model, _yes) as leased:
            assert leased is model
            assert model.leases == 1

    asyncio.run(run())
    assert model.leases == 0


def test_one_that_is_not_had_is_not_kept(connect: Connect) -> None:
    model = pinned(connect)
    model.state = "loading"

    async def run() -> None:
        async with Lease(model, _no):
            raise AssertionError("entered")

    with pytest.raises(ModelLoading):
        asyncio.run(run())
    assert model.leases == 0


def test_what_would_wait_for_too_long_is_refused_before_it_is_read(connect: Connect) -> None:
    client = connect(max_wait=0.001)
    service: Service = client.app.state.service  # type: ignore[attr-defined]
    assert service.models.pinned is not None
    model = service.models.pinned
    model.batcher._waiting.seconds = lambda: 60.0  # type: ignore[method-assign]
    model.batcher._waiting.seconds_for = lambda caller: 60.0  # type: ignore[method-assign]
    answer = client.post("/", content=b"{no JSON", headers={"content-type": "application/json"})
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    with pytest.raises(Overloaded):
        model.batcher.refuse_past_wait()
    assert model.leases == 0
