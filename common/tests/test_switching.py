"""ShortSwitchInterval, by itself and around the threads that a service decodes in."""

import asyncio
import sys

import pytest
from conftest import Connect
from inference_common.service import Service
from inference_common.switching import SHORT_SECONDS, ShortSwitchInterval


def test_the_interval_is_short_until_the_last_block_ends() -> None:
    usual, interval = sys.getswitchinterval(), ShortSwitchInterval()
    assert usual > SHORT_SECONDS
    with interval:
        with interval:
            assert sys.getswitchinterval() == pytest.approx(SHORT_SECONDS)
        assert sys.getswitchinterval() == pytest.approx(SHORT_SECONDS)
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_it_is_short_while_a_request_is_decoded_in_a_thread(connect: Connect) -> None:
    service: Service = connect().app.state.service  # type: ignore[attr-defined]
    usual = sys.getswitchinterval()
    assert asyncio.run(service.in_thread(None, sys.getswitchinterval)) == pytest.approx(SHORT_SECONDS)
    assert sys.getswitchinterval() == pytest.approx(usual)
