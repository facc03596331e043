"""Cards that would take a server's memory or time, on one of 1 GiB."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from inference_common.testing.hub import Hub, Repo, serve_hub
from toys.loopback import beside, toy
from toys.started import MIB, Start

FRONT = "---\npipeline_tag: feature-extraction\n"


def laughs() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join(lines)


EMPTY = {  # read as a card that says nothing
    "laughs": f"{FRONT}{laughs()}\n---\n",
    "lines": "---\n" + "\n" * 10**6,
    "rules": "---\n" + "\n---x" * 200_000,
    "deep": f"{FRONT}deep: {'[' * 500_000}\n---\n",
    "long": f"{FRONT}tags: [{'a,' * 500_000}]\n---\n",
    "types": "---\npipeline_tag: [feature-extraction]\nlibrary_name: 7\n---\n",
}
UNREADABLE = {"laughs", "deep", "long"}
READ = {  # the values that are no such are left out
    "number": f"{FRONT}inference: {{parameters: {{dimensions: {':'.join(['1'] * 200_000)}}}}}\n---\n",
    "wrong": f"{FRONT}library_name: [a]\ntags: {{a: 1}}\nwidget: 3\ninference: [1]\n---\n",
    "widget": f"{FRONT}widget:\n" + "- {text: a}\n" * 20_000 + "---\n",
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    repos = {"org/good": Repo(toy(tmp_path / "repos" / "good"))}
    for name, card in {**EMPTY, **READ}.items():
        folder = toy(tmp_path / "repos" / name)
        (folder / "README.md").write_text(card)
        repos[f"org/{name}"] = Repo(folder)
    tagged = toy(tmp_path / "repos" / "tagged")
    (tagged / "README.md").write_text("---\nlicense: mit\n---\n")
    repos["org/tagged"] = Repo(tagged, pipeline_tag="feature-extraction")
    with serve_hub(repos) as served:
        yield served


def ask(url: str, name: str) -> httpx.Response:
    return httpx.post(f"{url}/models/org/{name}", json={"inputs": "abc"}, timeout=60)


def test_cards_cost_neither_memory_nor_anyone_elses_time(start: Start, hub: Hub, tmp_path: Path) -> None:
    server = start(None, memory_mib=1024, **beside(hub, tmp_path))
    url = server.url()
    good = ask(url, "good").json()
    before = server.resident()
    with ThreadPoolExecutor(4) as callers:
        asked = {name: callers.submit(ask, url, name) for name in (*EMPTY, *READ)}
        waited = []
        while not all(one.done() for one in asked.values()):
            begun = time.monotonic()
            assert ask(url, "good").json() == good
            waited.append(time.monotonic() - begun)
    assert max(waited) < 5
    for name in EMPTY:
        assert asked[name].result().status_code == 400, name
        told = "cannot be read" if name in UNREADABLE else "does not name its task"
        assert told in asked[name].result().json()["error"]
    for name in READ:
        assert asked[name].result().json() == good, name
    assert ask(url, "tagged").json() == good  # its card names no task, and the Hub does
    assert server.resident() < before + 150 * MIB
    assert server.end() == 0


def test_a_pinned_model_is_served_though_its_card_is_hostile(start: Start, tmp_path: Path) -> None:
    folder = toy(tmp_path / "pinned")
    for card in (EMPTY["lines"], EMPTY["laughs"]):
        (folder / "README.md").write_text(card)
        server = start(str(folder), memory_mib=1024, TASK="feature-extraction", LOAD_WAIT="30")
        assert httpx.post(server.url(), json={"inputs": "abc"}, timeout=60).status_code == 200
        assert server.end() == 0
