"""A caller that has ended its side of the connection: does it still read, or has it left?"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
FIRST_LOOK_SECONDS, LAST_LOOK_SECONDS = 0.02, 1.0


def watch(transport: Any, loop: asyncio.AbstractEventLoop, *, probe: bool) -> None:
    """Abort the transport once its caller is seen to have left.

    Both callers send the same: the end of their side. But one that has closed its connection refuses what is sent to it
    (TCP resets), so with `probe` it is sent an interim response, which any client of HTTP/1.1 reads past. The event
    loop watches no socket that it neither reads from nor writes to, hence the looks at the socket's error.
    """
    if probe:
        transport.write(CONTINUE)
        transport.flush()
    loop.call_later(FIRST_LOOK_SECONDS, _look, transport, loop, FIRST_LOOK_SECONDS)


def _look(transport: Any, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    if transport.is_closing():
        return
    if transport.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        transport.abort()
        return
    later = min(2 * seconds, LAST_LOOK_SECONDS)
    loop.call_later(later, _look, transport, loop, later)
