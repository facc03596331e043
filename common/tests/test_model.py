import asyncio
import threading
from pathlib import Path

import pytest
from conftest import Connect
from inference_common import Settings, create_app, threads
from inference_common.discover import discover
from inference_common.errors import HubUnavailable
from inference_common.metrics import Metrics
from inference_common.model import Model
from inference_common.onnx.search import current
from inference_common.source import FolderSource
from starlette.testclient import TestClient
from toys.pipelines.feature_extraction import ToyFeatures
from toys.waiting import until


def test_the_task_is_the_card_s_and_shared_weights_answer_more(connect: Connect) -> None:
    info = connect().get("/info").json()
    assert (info["task"], info["tasks"]) == ("feature-extraction", ["feature-extraction", "text-ranking"])


def test_the_setting_beats_the_card(connect: Connect) -> None:
    assert connect(task="sentence-similarity").get("/info").json()["task"] == "sentence-similarity"


def test_a_request_is_held_while_the_model_loads(connect: Connect, model_folder: Path) -> None:
    (model_folder / "load_seconds").write_text("0.3")
    assert connect(wait=False).post("/", json={"inputs": "abc"}).json() == [3, 1]


def test_a_caller_who_will_not_wait_is_told_how_long(connect: Connect, model_folder: Path) -> None:
    (model_folder / "load_seconds").write_text("0.5")
    client = connect(wait=False)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "loading")
    for answer in (
        client.post("/", json={"inputs": "a", "options": {"wait_for_model": False}}),
        client.post("/", json={"inputs": "a"}, headers={"x-wait-for-model": "false"}),
        client.post("/", json={"inputs": "a"}, headers={"x-load-model": "0"}),
    ):
        assert answer.status_code == 503
        assert answer.json()["estimated_time"] > 0
        assert int(answer.headers["retry-after"]) > 0
    until(lambda: client.get("/ready").status_code == 200)


def test_holding_ends(connect: Connect, model_folder: Path) -> None:
    (model_folder / "load_seconds").write_text("0.5")
    client = connect(wait=False, load_wait=0.05)
    assert client.post("/", content=b"{broken").status_code == 503
    until(lambda: client.get("/ready").status_code == 200)


@pytest.mark.defect(3)
def test_a_failed_load_is_told_and_not_tried_again(connect: Connect, model_folder: Path) -> None:
    (model_folder / "broken").touch()
    client = connect()
    ready, answer = client.get("/ready"), client.post("/", json={"inputs": "a"})
    assert (ready.status_code, ready.json()["status"]) == (503, "failed")
    assert "cut short" in ready.json()["error"]
    assert answer.status_code == 500
    assert "cut short" in answer.json()["error"]
    assert client.get("/health").status_code == 200


def test_a_model_that_names_no_task_asks_for_one(connect: Connect, model_folder: Path) -> None:
    (model_folder / "README.md").unlink()
    assert "set TASK to one of: chat-completion, feature" in connect().get("/ready").json()["error"]


def test_a_task_the_library_lacks_is_told(connect: Connect) -> None:
    error = connect(task="translation").get("/ready").json()["error"]
    assert "translation" in error
    assert "text-ranking" in error


class AwayAtFirst(FolderSource):
    """A Hub that does not answer the first time."""

    asked = 0

    def path(self) -> Path:
        self.asked += 1
        if self.asked == 1:
            raise HubUnavailable("the Hub did not answer")
        return super().path()


def test_a_hub_that_comes_back_is_asked_again(model_folder: Path) -> None:
    app = create_app("toys.pipelines", Settings(), AwayAtFirst(model_folder))
    with TestClient(app) as client:
        until(lambda: client.get("/ready").json()["status"] == "failed")
        assert "did not answer" in client.get("/ready").json()["error"]
        until(lambda: client.get("/ready").status_code == 200, seconds=15)
        assert client.post("/", json={"inputs": "abc"}).json() == [3, 1]


def test_threads_end_with_the_app(model_folder: Path) -> None:
    before = threading.active_count()
    with TestClient(create_app("toys.pipelines", Settings(), FolderSource(model_folder))) as client:
        until(lambda: client.get("/ready").status_code == 200)
    until(lambda: threading.active_count() <= before)


def card_with(parameters: str) -> str:
    return f"---\npipeline_tag: feature-extraction\ninference:\n  parameters:\n    {parameters}\n---\n"


def test_the_card_s_parameters_stand_where_the_caller_sets_none(connect: Connect, model_folder: Path) -> None:
    (model_folder / "README.md").write_text(card_with("dimensions: 1\n    temperature: 0.7"))
    client = connect()
    assert client.post("/", json={"inputs": "abc"}).json() == [3]
    assert client.post("/", json={"inputs": "abc", "dimensions": 2}).json() == [3, 1]


def test_card_parameters_that_the_task_would_refuse_are_left_out(connect: Connect, model_folder: Path) -> None:
    (model_folder / "README.md").write_text(card_with("dimensions: many"))
    assert connect().post("/", json={"inputs": "abc"}).json() == [3, 1]


def test_torch_leaves_the_cores_to_another_runtime(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[int]()
    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(lambda cls, model, mode: cls(model, "cpu")))
    monkeypatch.setattr(threads, "torch_leaves_the_cores", lambda: calls.append(1))
    settings = Settings(device="cpu", optimize="auto")

    async def load() -> None:
        model = Model(FolderSource(model_folder), discover("toys.pipelines"), settings, Metrics())
        await model.load()
        assert model.state == "ready"
        model.close()

    asyncio.run(load())
    assert calls == [1]


def test_a_model_that_did_not_load_is_not_changed_over(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def optimized(cls: type[ToyFeatures], model: FolderSource, mode: str) -> None:
        current().has_form = current().is_pending = True

    monkeypatch.setattr(ToyFeatures, "optimized", classmethod(optimized))
    (model_folder / "broken").touch()

    async def load() -> None:
        settings = Settings(device="cpu", optimize="auto")
        model = Model(FolderSource(model_folder), discover("toys.pipelines"), settings, Metrics())
        await model.load()
        await model.optimize()
        assert (model.state, model.optimization.state) == ("failed", "pending")
        model.close()

    asyncio.run(load())
