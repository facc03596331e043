"""Ports to listen on: a free one, and the check, before anything that takes long, that one can be listened on."""

from __future__ import annotations

import argparse
import errno
import socket

PORT_ERRORS = (errno.EADDRINUSE, errno.EACCES)
MAX_PORT = 65535


def port(text: str) -> int:
    """The type of a command line's `--port`: 1 to 65535."""
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port; name one of 1 to {MAX_PORT}")
    return int(text)


def require_free(host: str, wanted: int) -> None:
    """Raise SystemExit, which names a port that is free, where a server could not listen on this one."""
    error = _bind_error(host, wanted)
    if error is None:
        return
    if error.errno not in PORT_ERRORS:
        raise SystemExit(f"{host} cannot be listened on ({error.strerror}); name an address of this machine by --host")
    why = "is taken by another program" if error.errno == errno.EADDRINUSE else "needs more rights than this user has"
    free = next((n for n in range(max(wanted, 8000) + 1, MAX_PORT + 1) if _bind_error(host, n) is None), None)
    raise SystemExit(f"Port {wanted} of {host} {why}; name another one, such as --port {free or 8000}")


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _bind_error(host: str, number: int) -> OSError | None:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            # As servers do, so that connections that just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None
