"""Broken, lying and hostile bodies, at every kind of decoder: a 4xx or an answer, in time, and memory stays flat."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

import orjson
import psutil
import pytest
from inference_common.task import Payload
from inference_common.tasks import TASKS
from inference_common.testing import hostile

from .servers import Server
from .test_contract import post

pytestmark = [pytest.mark.process_only, pytest.mark.one_of_each_kind]
ACCIDENTS = 40  # of each example
ROUNDS = 12  # of all hostile bodies: more than it takes until the heap holds all that a server keeps of what is freed
MIB = 1024 * 1024


def test_accidents_are_answered(served: Server) -> None:
    for number, good in enumerate(TASKS[served.task].good):
        for body in hostile.accidents(good.body, number, ACCIDENTS):
            answer = post(served, Payload(body, good.content_type, good.query))
            assert answer.status_code < 500, (body, answer.text)
    assert served.client.get("/ready").status_code == 200


@pytest.mark.timeout(300)  # a voice reads aloud whatever is text
def test_hostile_bodies_are_answered_and_leave_no_memory_behind(served: Server) -> None:
    bodies = hostile.bodies()
    assert served.process is not None
    process = psutil.Process(served.process.pid)
    held = []
    for _ in range(ROUNDS):
        send_all(served, bodies.values())
        held.append(process.memory_info().rss // MIB)
        if len(held) > 1 and held[-1] < held[-2] + 32:
            break  # a network or an allocator takes what it keeps in a few rounds; a leak grows in each
    else:
        pytest.fail(f"each round leaves memory behind: {held} MiB")
    assert served.client.get("/ready").status_code == 200


def send_all(server: Server, bodies: Iterable[bytes]) -> None:
    """Each body as it is, and in base64; an accepted one (plain text may be anything) is answered too."""
    for body in bodies:
        encoded = orjson.dumps({"inputs": base64.b64encode(body).decode()})
        for payload in (Payload(body, None), Payload(body, "application/octet-stream"), Payload(encoded)):
            answer = post(server, payload)
            assert answer.status_code < 500, (body[:60], answer.text)


@pytest.mark.defect(10)
def test_a_bomb_of_an_image_costs_little_memory(served: Server) -> None:
    assert served.process is not None
    bomb = hostile.png_bomb(20_000)
    peak = Path(f"/proc/{served.process.pid}")
    assert len(bomb) < 500_000
    (peak / "clear_refs").write_text("5")  # the peak is from here on
    before = high_water(peak)
    assert post(served, Payload(bomb, "image/png")).status_code in {400, 413, 415}
    assert high_water(peak) < before + 50 * MIB


def high_water(process: Path) -> int:
    """The most bytes the process held at once (Linux)."""
    line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_a_compressed_body_is_refused_before_it_is_unpacked(served: Server) -> None:
    body = hostile.bodies()["gzip of 100 MB"]
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    answer = served.client.post("/", content=body, headers=headers)
    assert answer.status_code == 415
    assert "content-encoding" in answer.json()["error"]
