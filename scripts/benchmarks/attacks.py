"""Attacks: what hostile callers do to a library server, each a function of its port that ends within seconds."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from inference_common.testing import hostile
from inference_common.testing.hub import Repo
from inference_common.units import MIB

Attack = Callable[[int], None]
GOOD = "good/minilm"
"""The repository that the other callers use."""
PATH = f"/pipeline/feature-extraction/{GOOD}"  # its card names another task
HOLD_SECONDS = 3.0  # that connections are kept open, and the longest wait on a socket to connect
numbers = itertools.count()
"""Makes each made-up name another one."""


def repositories(folder: Path) -> Mapping[str, Repo]:
    """Repositories that no server should load, written below `folder`."""
    aliases = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 12))
    cards = {
        "bad/aliases": f"---\nl0: &l0 [x]\n{aliases}---\n",
        "bad/lines": "---" + "\n" * 1_000_000,
        "bad/layers": "---\npipeline_tag: feature-extraction\n---\n",
        "bad/pickle": "---\npipeline_tag: feature-extraction\n---\n",
    }
    for name, card in cards.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "README.md").write_text(card)
    bert = {"model_type": "bert", "architectures": ["BertModel"], "num_hidden_layers": 10**7, "vocab_size": 2 * 10**6}
    (folder / "bad/layers/config.json").write_text(json.dumps(bert))
    (folder / "bad/layers/model.safetensors").write_bytes(bytes(MIB))
    (folder / "bad/pickle/config.json").write_text(json.dumps({**bert, "num_hidden_layers": 1}))
    (folder / "bad/pickle/pytorch_model.bin").write_bytes(hostile.bodies()["a pickle"])
    return {name: Repo(folder / name) for name in cards}


def unfinished_bodies(port: int) -> None:
    """Bodies of 31 MB, of which one megabyte comes."""
    head = _head(PATH, **{"content-length": str(31 * MIB)})
    with _connections(port, [head + bytes(MIB)] * 20):
        time.sleep(HOLD_SECONDS)


def unfinished_headers(port: int) -> None:
    """A line of headers each half a second."""
    with _connections(port, [b"POST / HTTP/1.1\r\nhost: x\r\n"] * 20) as opened:
        for number in range(6):
            time.sleep(0.5)
            for one in opened:
                with contextlib.suppress(OSError):
                    one.sendall(b"x-%d: y\r\n" % number)


def large_headers(port: int) -> None:
    """Headers of 8 MB."""
    _send(port, [b"POST / HTTP/1.1\r\nhost: x\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 8000) for n in range(1000))])


def ambiguous_lengths(port: int) -> None:
    """Requests that two servers would cut in different places."""
    both = {"content-length": "4", "transfer-encoding": "chunked"}
    chunked = b"1c\r\nPOST /models/x HTTP/1.1\r\nx: \r\n0\r\n\r\n"
    _send(port, [_head("/", **both) + chunked, _head("/", **{"transfer-encoding": "gzip, chunked"}) + chunked])


def idle_connections(port: int) -> None:
    """Connections on which nothing is sent."""
    with _connections(port, [b""] * 200):
        time.sleep(HOLD_SECONDS)


def wrong_items(port: int) -> None:
    """A million items of the wrong type, and lists in each other."""
    _send(port, [_post({"inputs": [1] * 1_000_000}), _post(raw=b'{"inputs":' + b"[" * 500_000)])


def calls_left(port: int) -> None:
    """Calls of 1,024 texts whose caller leaves."""
    with _connections(port, [_post({"inputs": ["a long day " * 20] * 1024})] * 4):
        time.sleep(0.5)


def unread_answers(port: int) -> None:
    """Answers of megabytes that nobody reads."""
    with _connections(port, [_post({"inputs": [f"text {n}" for n in range(1024)]})] * 4):
        time.sleep(HOLD_SECONDS)


def made_up_names(port: int) -> None:
    """Models, revisions and tasks that do not exist."""
    for number in itertools.islice(numbers, 10):
        paths = [f"/models/none/m{number}", f"/models/{GOOD}@v{number}", f"/models/{GOOD}@refs/pr/{number}"]
        paths += [f"/pipeline/task-{number}/{GOOD}", f"/pipeline/text-ranking/{GOOD}"]
        _send(port, [_post({"inputs": "text"}, path) for path in paths])


def hostile_repositories(port: int) -> None:
    """Models whose card, configuration or weights are made to harm the server."""
    for name in ("bad/aliases", "bad/lines", "bad/layers", "bad/pickle"):
        _send(port, [_post({"inputs": "text"}, f"/models/{name}")])


def hostile_bodies(port: int) -> None:
    """Bodies that decoders fall over, and a compressed one."""
    _send(port, [_post(raw=body) for body in hostile.bodies().values()])
    packed = hostile.bodies()["gzip of 100 MB"]
    _send(port, [_head(PATH, **{"content-encoding": "gzip", "content-length": str(len(packed))}) + packed])


ATTACKS: Sequence[Attack] = (
    unfinished_bodies, unfinished_headers, large_headers, ambiguous_lengths, idle_connections, wrong_items, calls_left,
    unread_answers, made_up_names, hostile_repositories, hostile_bodies,
)  # fmt: skip


def _head(path: str, **headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def _post(value: object = None, path: str = PATH, *, raw: bytes | None = None) -> bytes:
    body = json.dumps(value).encode() if raw is None else raw
    return _head(path, **{"content-type": "application/json", "content-length": str(len(body))}) + body


@contextlib.contextmanager
def _connections(port: int, sent: Sequence[bytes]) -> Iterator[Sequence[socket.socket]]:
    """Connections on which something was sent, as far as the server takes it, and nothing is read."""
    with contextlib.ExitStack() as stack:
        opened = []
        for data in sent:
            with contextlib.suppress(OSError):
                one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=HOLD_SECONDS))
                opened.append(one)
                one.sendall(data)
        yield opened


def _send(port: int, requests: Sequence[bytes]) -> None:
    """Each request on a connection of its own, and the beginning of its answer read."""
    for data in requests:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60) as one:
            one.sendall(data)
            one.recv(65536)
