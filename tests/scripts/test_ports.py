"""Ports: one that a server cannot have is refused with one that it can."""

from __future__ import annotations

import re
import socket

import pytest

from scripts.ports import free_port, require_free


def test_a_free_port_is_not_refused() -> None:
    require_free("127.0.0.1", free_port())


def test_a_taken_port_is_refused_with_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with pytest.raises(SystemExit, match=f"Port {taken} of 127.0.0.1 is taken") as refused:
            require_free("127.0.0.1", taken)
    named = re.search(r"--port (\d+)", str(refused.value))
    assert named is not None
    require_free("127.0.0.1", int(named[1]))


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"192\.0\.2\.1 cannot be listened on .* --host"):
        require_free("192.0.2.1", 8000)
