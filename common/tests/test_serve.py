import json
import signal
import socket
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
from toys.started import Start
from toys.waiting import until


def test_work_in_flight_is_finished_on_sigterm(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder))
    url, answers = server.url(), []
    busy = threading.Thread(
        target=lambda: answers.append(httpx.post(url, json={"inputs": "sleep 1"}, timeout=20).status_code)
    )
    busy.start()
    time.sleep(0.5)
    assert server.end() == 0
    busy.join()
    assert answers == [200]


IMPORTING = """
import sys, time
print("importing", file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_the_library_is_imported_ends_it_at_once(start: Start, number: int) -> None:
    server = start("x", app=IMPORTING)
    until(lambda: "importing\n" in server.lines)
    assert server.end(number) == 0
    assert "Traceback" not in "".join(server.lines)


def test_what_outlives_the_grace_does_not_hold_the_process(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), GRACE_SECONDS="1")
    url = server.url()
    answers: list[httpx.Response] = []
    busy = threading.Thread(target=lambda: answers.append(httpx.post(url, json={"inputs": "sleep 30"}, timeout=60)))
    busy.start()
    time.sleep(0.5)
    started = time.monotonic()
    assert server.end(signal.SIGINT) == 0
    assert time.monotonic() - started < 15
    busy.join()
    assert answers[0].status_code == 503
    assert "stopped before" in answers[0].json()["error"]


def _ignore(url: str) -> None:
    with pytest.raises(httpx.HTTPError):
        httpx.post(url, json={"inputs": "sleep 30"}, timeout=60).raise_for_status()


def test_json_lines_carry_the_request_s_id_and_no_secret(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), LOG_FORMAT="json")
    headers = {"x-request-id": "abc", "authorization": "Bearer hf_secret"}
    assert httpx.post(f"{server.url()}/?dimensions=1", content="a", headers=headers).status_code == 200
    assert server.end() == 0
    entries = [json.loads(line) for line in server.lines]
    assert any(e.get("request_id") == "abc" and e["status"] == 200 and e["path"] == "/" for e in entries)
    assert "hf_secret" not in "".join(server.lines)


@pytest.mark.parametrize(
    ("model", "settings", "told"),
    [
        ("x", {"PORT": "many"}, "PORT"),
        ("x", {"CORS_ORIGINS": "https://a.org/"}, "CORS_ORIGINS"),
        ("x", {"ALLOWED_HOSTS": "a.*"}, "ALLOWED_HOSTS"),
        ("a/b/c", {}, "neither a folder nor a Hub id"),
    ],
)
def test_settings_that_cannot_be_are_told_in_a_line(
    start: Start, model: str, settings: dict[str, str], told: str
) -> None:
    server = start(model, **settings)
    assert server.wait() == 2
    assert told in "".join(server.lines)
    assert "Traceback" not in "".join(server.lines)


STUCK = """
import asyncio, time
from starlette.applications import Starlette
from starlette.routing import Route
async def stuck(request):
    print("stuck", flush=True, file=__import__("sys").stderr)
    await asyncio.to_thread(time.sleep, 60)
app = Starlette(routes=[Route("/", stuck, methods=["POST"])])
"""


def test_a_busy_thread_of_the_event_loop_does_not_hold_the_process(start: Start) -> None:
    server = start("x", GRACE_SECONDS="0.1", app=STUCK)
    url = server.url()
    busy = threading.Thread(target=lambda: _ignore(url))
    busy.start()
    until(lambda: "stuck\n" in server.lines)
    started = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - started < 15
    busy.join()


def test_a_port_that_is_taken_is_told(start: Start, model_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = start(str(model_folder), PORT=str(taken.getsockname()[1]))
        assert server.wait() == 1
    assert "address already in use" in "".join(server.lines)


def test_an_address_of_ipv6_is_told_as_a_url_has_it(start: Start, model_folder: Path) -> None:
    server = start(str(model_folder), HOST="::1")
    until(lambda: any("url=http://[::1]:" in line for line in server.lines) or server.process.poll() is not None)
    if any("cannot assign" in line.lower() for line in server.lines):
        server.wait()
        pytest.skip("this machine has no IPv6")
    assert server.end() == 0


EXPORTING = """
from pathlib import Path
from inference_common import create_app
from inference_common.onnx.search import current
from toys.pipelines.feature_extraction import ToyFeatures

def optimized(cls, model, mode):
    search = current()
    search.has_form, search.is_pending = True, mode == "auto"
    if mode != "auto":
        search.process.run({"original": "nothing:Nothing"})

ToyFeatures.optimized = classmethod(optimized)
Path("torch.py").write_text("import time; time.sleep(60)")  # which the export imports first
app = create_app("toys.pipelines")
"""


def test_an_export_is_ended_before_work_in_flight_is_finished(start: Start, model_folder: Path, tmp_path: Path) -> None:
    server = start(str(model_folder), app=EXPORTING, DEVICE="cpu", HF_HOME=str(tmp_path / "home"))
    url, answers = server.url(), list[int]()
    until(lambda: bool(psutil.Process(server.process.pid).children()), seconds=60)
    (export,) = psutil.Process(server.process.pid).children()
    slow = {"inputs": "sleep 5"}
    busy = threading.Thread(target=lambda: answers.append(httpx.post(url, json=slow, timeout=30).status_code))
    busy.start()
    time.sleep(1)
    server.process.send_signal(signal.SIGTERM)
    until(lambda: not export.is_running() or export.status() == psutil.STATUS_ZOMBIE)
    assert (server.process.poll(), answers) == (None, [])
    busy.join()
    assert server.wait() == 0
    assert answers == [200]
