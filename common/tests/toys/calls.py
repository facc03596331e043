"""Calls of a started toy server by hand, and what it tells of itself."""

from __future__ import annotations

import json
import re
import socket
import time
from urllib.parse import urlsplit

import httpx

from .waiting import until


def sent(url: str, inputs: object, *, body_after: float = 0.0) -> socket.socket:
    """A connection that asked, and does not read."""
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port or 80), timeout=20)
    body = json.dumps({"inputs": inputs}).encode()
    head = f"POST / HTTP/1.1\r\nhost: toy\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode())
    time.sleep(body_after)
    connection.sendall(body)
    return connection


def told(url: str, name: str) -> float:
    """A value of /metrics."""
    found = re.search(rf"^{name}\{{[^}}]*\}} (\S+)", httpx.get(f"{url}/metrics").text, re.MULTILINE)
    assert found is not None
    return float(found[1])


def ready(url: str) -> None:
    until(lambda: httpx.get(f"{url}/ready").status_code == 200, 20)
