"""The fork server: a process that has imported a library, and forks.

The library server sends it messages over a socket, each of four bytes of length and a pickle: a list of modules to
import, or a tuple `(id, pickled callable, path)`, to fork a process that calls the callable with a socket that listens
at the path. It answers in lines of JSON: `[id, process id]` for each process that it started, `[process id, exit
status, "ended"]` for each that ended.

Not the one of `multiprocessing`, which cannot be told to import more (an architecture of transformers takes half a
second), runs the main module once more in each process, does not end while one of its processes lives, and needs a
process beside it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pickle
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Iterable
from typing import Any

from ..lifetime import end_with

LENGTH = struct.Struct("!I")
BACKLOG = 2048  # connections that may wait for a process to take them


def main(number: int) -> None:
    """Do as the server asks over the socket of this file descriptor, until it is closed."""
    end_with(os.getppid())
    for ignored in (signal.SIGINT, signal.SIGTERM):  # of a terminal, or a service manager: the server ends this one
        signal.signal(ignored, signal.SIG_IGN)
    ended, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with socket.socket(fileno=number) as server:
        import_all(_received(server))
        while True:
            ready, _, _ = select.select([server.fileno(), ended], [], [])
            if ended in ready:
                os.read(ended, 65536)
                _tell_ended(server)
            if server.fileno() in ready:
                message = _received(server)
                if message is None:
                    return
                if isinstance(message, list):
                    import_all(name for name in message if name.partition(".")[0] in sys.modules)
                else:
                    _fork(server, (ended, wakes), *message)


def import_all(modules: Iterable[str]) -> None:
    """Import what can be, and have the garbage collector leave it alone: it writes to each object that it looks at,
    and so copies the memory of all of them into each process."""
    gc.disable()
    for name in modules:
        try:
            importlib.import_module(name)
        except ImportError:  # a part that needs what is not installed here: a model that needs it is told
            continue
        except Exception:
            traceback.print_exc()
    gc.collect()
    gc.freeze()
    gc.enable()


def _fork(server: socket.socket, pipe: tuple[int, int], call: int, target: bytes, path: str) -> None:
    with socket.socket(socket.AF_UNIX) as listening:  # closed here: its queue ends with the process
        listening.bind(path)
        listening.listen(BACKLOG)
        parent, pid = os.getpid(), os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGCHLD, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            server.close()
            for one in pipe:
                os.close(one)
            _serve(parent, target, listening)
    _tell(server, [call, pid])


def _serve(parent: int, target: bytes, listening: socket.socket) -> None:
    try:
        end_with(parent)
        pickle.loads(target)(listening)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def _tell_ended(server: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            _tell(server, [pid, os.waitstatus_to_exitcode(status), "ended"])


def _tell(server: socket.socket, line: list[Any]) -> None:
    server.sendall(json.dumps(line).encode() + b"\n")


def _received(server: socket.socket) -> Any:
    """The next message; None at the end."""
    head = server.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        return None
    size = LENGTH.unpack(head)[0]
    return pickle.loads(server.recv(size, socket.MSG_WAITALL))
