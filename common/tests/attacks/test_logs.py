"""A log that nobody reads."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
from toys.started import Start
from toys.waiting import until
from toys.wire import BODY, WAIT_SECONDS

FULL = """
import fcntl, logging, os, sys, threading, time
from pathlib import Path
from inference_common import create_app

def fill():
    while not Path("full").exists():
        time.sleep(0.01)
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.dup2(writing, 2)
    for _ in range(1000):
        logging.getLogger("other").warning("a line of another library")
        print("printed by another library", file=sys.stderr)
    Path("filled").touch()

threading.Thread(target=fill, daemon=True).start()
app = create_app('toys.pipelines')
"""


def test_a_log_that_nobody_reads_holds_no_server(start: Start, model_folder: Path, tmp_path: Path) -> None:
    server = start(str(model_folder), app=FULL)
    url, place = server.url(), tmp_path / "app"
    until(lambda: httpx.get(f"{url}/ready").status_code == 200)
    (place / "full").touch()
    until(lambda: (place / "filled").exists())
    statuses: list[int] = []

    def call() -> None:
        with httpx.Client(timeout=WAIT_SECONDS) as client:
            for text in ("abc", "fail") * 50:
                statuses.append(client.post(url, json={"inputs": text}).status_code)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert (statuses.count(200), statuses.count(424)) == (200, 200)
    assert httpx.post(url, content=BODY).json() == [3, 1]
    assert server.end() == 0
