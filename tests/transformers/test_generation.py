"""Generated text on a real server: streams that stop when their readers do, and rows that leave each other alone."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from scripts.envs import python_of
from scripts.images import ROOT, library

from ..conftest import tiny_model
from ..servers import Server, start_process
from ..test_contract import assert_close

MOST = 200  # new tokens; the tiny model reads 256
SAMPLED = {"temperature": 1.5, "top_k": 50, "seed": 11}


def start(**settings: str) -> Server:
    known = library("transformers")
    return start_process(known, "text-generation", str(tiny_model(known, "text-generation")), **settings)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = start()
    yield started
    started.client.close()
    assert started.stop() == 0


def generate(server: Server, text: str, **parameters: Any) -> Any:
    answer = server.client.post("/", json={"inputs": text, "parameters": {"details": True, **parameters}})
    assert answer.status_code == 200, answer.text
    return answer.json()[0]


def chunks_made(server: Server) -> int:
    found = re.search(r"^chunks_total (\d+)", server.client.get("/metrics").text, re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_rows_that_come_and_go_leave_each_other_alone(server: Server) -> None:
    asked = [
        (f"the {word} is", {"max_new_tokens": 3 + 7 * n, **more})
        for n, word in enumerate(["dog", "cat", "car", "person happy today"])
        for more in ({}, SAMPLED, {"repetition_penalty": 1.3, "frequency_penalty": 0.5, "stop": ["happy"]})
    ]
    alone = [generate(server, text, **parameters) for text, parameters in asked]
    with ThreadPoolExecutor(len(asked)) as pool:
        together = list(pool.map(lambda one: generate(server, one[0], **one[1]), asked * 2))
    for answer, expected in zip(together, alone * 2, strict=True):
        assert_close(answer, expected)


@pytest.mark.parametrize("parameters", [{}, SAMPLED, {"top_n_tokens": 3}], ids=["likeliest", "sampled", "top"])
def test_a_stream_tells_what_the_whole_answer_does(server: Server, parameters: dict[str, Any]) -> None:
    asked = {"max_new_tokens": 12, "details": True, **parameters}
    whole = generate(server, "œuvre 日本 is a", **asked)
    with server.client.stream(
        "POST", "/", json={"inputs": "œuvre 日本 is a", "stream": True, "parameters": asked}
    ) as got:
        events = [json.loads(line.removeprefix("data: ")) for line in got.iter_lines() if line]
    assert_close([event["token"] for event in events], whole["details"]["tokens"])
    assert "".join(e["token"]["text"] for e in events if not e["token"]["special"]) == whole["generated_text"]
    assert events[-1]["generated_text"] == whole["generated_text"]
    assert events[-1]["details"]["finish_reason"] == whole["details"]["finish_reason"]
    if "top_n_tokens" in parameters:
        assert_close([event["top_tokens"] for event in events], whole["details"]["top_tokens"])


def test_a_stop_ends_the_text(server: Server) -> None:
    text = generate(server, "a cat", max_new_tokens=12)["generated_text"]
    stopped = generate(server, "a cat", max_new_tokens=12, stop=[text[9:12]])
    assert stopped["details"]["finish_reason"] == "stop_sequence"
    assert text.startswith(stopped["generated_text"])
    assert text[9:12] in stopped["generated_text"]
    chat = {"prompt": "a cat", "max_tokens": 12, "stop": text[9:12]}
    cut = server.client.post("/v1/completions", json=chat).json()["choices"][0]
    assert cut == {"index": 0, "text": text[: text.index(text[9:12])], "logprobs": None, "finish_reason": "stop"}


def test_a_prompt_too_long_is_refused_or_truncated(server: Server) -> None:
    refused = server.client.post("/", json={"inputs": "dog " * 300})
    assert refused.status_code == 400
    assert "256" in refused.json()["error"]
    cut = generate(server, "dog " * 300, truncate=5, max_new_tokens=4, decoder_input_details=True)
    assert len(cut["details"]["prefill"]) == 5
    filled = generate(server, "dog " * 300, truncate=250, max_new_tokens=MOST)
    assert filled["details"]["finish_reason"] == "length"
    assert filled["details"]["generated_tokens"] == 256 - 250


def test_prefill_tells_how_likely_the_prompt_was(server: Server) -> None:
    told = generate(server, "a cat", max_new_tokens=6, decoder_input_details=True)
    again = generate(server, f"a cat{told['generated_text']}", max_new_tokens=1, decoder_input_details=True)
    prefill = again["details"]["prefill"]
    assert prefill[0]["logprob"] is None
    assert_close(prefill[1 : len(told["details"]["prefill"])], told["details"]["prefill"][1:])


def test_a_model_without_chat_template_says_so() -> None:
    known = library("transformers")
    plain = start_process(known, "text-generation", str(tiny_model(known, "gpt2")))
    body = {"messages": [{"role": "user", "content": "a cat"}]}
    answers = [plain.client.post("/v1/chat/completions", json=one) for one in (body, {**body, "stream": True})]
    plain.client.close()
    assert plain.stop() == 0
    for answer in answers:
        assert answer.status_code == 400
        assert "no chat template" in answer.json()["error"]["message"]


def test_messages_that_a_chat_template_refuses_are_a_400(server: Server) -> None:
    refused = server.client.post("/v1/chat/completions", json={"messages": [{"role": "tool", "content": "a cat"}]})
    assert refused.status_code == 400
    assert "Only the roles" in refused.json()["error"]["message"]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_what_nobody_reads_is_not_generated(server: Server, stream: bool) -> None:
    before = chunks_made(server)
    body = json.dumps({"inputs": "a cat", "stream": stream, "parameters": {"max_new_tokens": MOST}})
    url = server.client.base_url
    with socket.create_connection((url.host, url.port), timeout=20) as connection:
        head = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        connection.sendall((head + body).encode())
        if stream:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        else:
            time.sleep(0.05)
    made = settled(server)
    assert made < before + MOST


def settled(server: Server) -> int:
    """How many pieces were made once no more are."""
    last = -1
    while last != (last := chunks_made(server)):
        time.sleep(0.3)
    return last


def test_sigterm_finishes_a_stream() -> None:
    ending = start()
    body = {"inputs": "a cat", "stream": True, "parameters": {"max_new_tokens": MOST}}
    with httpx.stream("POST", ending.client.base_url, json=body, timeout=60) as streamed:
        lines = streamed.iter_lines()
        events = [next(lines)]
        stopped: list[int] = []
        ending.client.close()
        end = threading.Thread(target=lambda: stopped.append(ending.stop()))
        end.start()
        events += [line for line in lines if line]
    end.join()
    assert len(events) == MOST
    assert json.loads(events[-1].removeprefix("data: "))["generated_text"]
    assert stopped == [0]


def test_a_stream_cut_off_by_the_end_of_the_grace_says_so() -> None:
    ending = start(GRACE_SECONDS="0", OMP_NUM_THREADS="1")
    body = {"inputs": "a cat", "stream": True, "parameters": {"max_new_tokens": MOST}}
    with httpx.stream("POST", ending.client.base_url, json=body, timeout=60) as streamed:
        lines = streamed.iter_lines()
        next(lines)
        ending.client.close()
        assert ending.stop() == 0
        *_, last = [line for line in lines if line]
    told = json.loads(last.removeprefix("data: "))
    assert told.get("error_type") == "incomplete_generation" or told["generated_text"]


def test_rows_of_every_kind_of_network_leave_each_other_alone() -> None:
    """Those that run beside others, and those that cannot; what each should say is the library's own `generate`."""
    known = library("transformers")
    program = Path(__file__).parent / "together.py"
    model = tiny_model(known, "text-generation")
    paths = {"PYTHONPATH": f"{known.folder}{os.pathsep}{ROOT / 'common' / 'src'}", "OMP_NUM_THREADS": "1"}
    command: list[str | Path] = [python_of(known), program, model]
    ran = subprocess.run(command, env={**os.environ, **paths}, capture_output=True, text=True, check=False, timeout=110)
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert {kind: groups for kind, (_, groups) in told.items() if groups == 1}.keys() >= {"gpt2", "bloom", "llama"}
    assert {kind for kind, (_, groups) in told.items() if groups > 1} >= {"mistral", "mamba", "openai"}
    for kind, (rows, _) in told.items():
        for ours, theirs in rows:
            assert ours == theirs, kind
