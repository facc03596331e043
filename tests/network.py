"""A network that leads nowhere and records what is sent: a Linux namespace whose loopback takes every address."""

from __future__ import annotations

import ctypes
import ipaddress
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
CLONE_NEWNET = 0x40000000
ETH_P_ALL = 0x0003
TCP, UDP, DNS_PORT = 6, 17, 53
# Packets to any address stay on the loopback, where the recorder reads them.
ROUTES = ("ip link set lo up", "ip route replace local default dev lo")
IPV6_ROUTE = "ip -6 route replace local default dev lo"


def recorded(run: Callable[[], T], namespace: Path | None = None) -> tuple[T, set[str]]:
    """Call `run` in a network namespace of its own, or in that of a file, with the processes and threads it starts.

    Returns its result and the destinations outside of the loopback that TCP or UDP was sent to. Skips the test where
    the system allows no namespace.
    """
    with ThreadPoolExecutor(1) as pool:  # a namespace is a thread's own, and its children's
        return pool.submit(_recorded, run, namespace).result()


def _recorded(run: Callable[[], T], namespace: Path | None) -> tuple[T, set[str]]:
    _enter(namespace)
    seen: set[str] = set()
    done = threading.Event()
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL)) as packets:
        packets.settimeout(0.2)

        def record() -> None:
            while True:
                try:
                    seen.update(filter(None, [destination(packets.recv(65536))]))
                except TimeoutError:  # none is left to read
                    if done.is_set():
                        return

        recorder = threading.Thread(target=record)
        recorder.start()
        try:
            return run(), seen
        finally:
            done.set()
            recorder.join()


def _enter(namespace: Path | None) -> None:
    if shutil.which("ip") is None:
        pytest.skip("no network namespace can be set up: install iproute2")
    libc = ctypes.CDLL(None, use_errno=True)
    if namespace is None:
        failed = libc.unshare(CLONE_NEWNET)
    else:
        with namespace.open() as file:
            failed = libc.setns(file.fileno(), CLONE_NEWNET)
    if failed:
        pytest.skip(f"no network namespace can be had: {os.strerror(ctypes.get_errno())}; run the tests as root")
    for command in ROUTES:
        subprocess.run(command.split(), check=True)
    # Fails where IPv6 is off, as in containers: nothing is sent by it then.
    subprocess.run(IPV6_ROUTE.split(), check=False, capture_output=True)


def destination(packet: bytes) -> str | None:
    """`host:port` that an IP packet of TCP or UDP goes to, with the name that a DNS query asks for; None for packets of
    the loopback and of other protocols."""
    version = packet[0] >> 4
    start = (packet[0] & 15) * 4 if version == 4 else 40
    protocol, address = (packet[9], packet[16:20]) if version == 4 else (packet[6], packet[24:40])
    if protocol not in (TCP, UDP):
        return None
    host = ipaddress.ip_address(address)
    port = int.from_bytes(packet[start + 2 : start + 4], "big")
    if port == DNS_PORT and protocol == UDP:
        return f"{host}:{port} {_queried(packet[start + 8 :])}"
    return None if host.is_loopback else f"{host}:{port}"


def _queried(message: bytes) -> str:
    """The name in the first question of a DNS message: after twelve bytes of header, labels with their lengths."""
    labels, at = [], 12
    while at < len(message) and message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode(errors="replace"))
        at += 1 + message[at]
    return ".".join(labels)
