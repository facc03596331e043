"""A model's chat template is a program of whoever wrote the model: it harms only who asks for it."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import psutil
import pytest
from toys.started import MIB, Start, Started
from toys.waiting import until

TEMPLATE = """
{%- macro deeper(n) %}{{ deeper(n + 1) }}{% endmacro -%}
{%- set text = messages[-1].content -%}
{%- if text == 'loop' -%}
    {%- for a in range(99999) -%}{%- for b in range(99999) -%}{%- endfor -%}{%- endfor -%}
{%- elif text == 'power' -%}
    {{ (messages | length + 6) ** 99999999 }}
{%- elif text == 'double' -%}
    {%- set said = namespace(it='x') -%}
    {%- for n in range(64) -%}{%- set said.it = said.it ~ said.it -%}{%- endfor -%}{{ said.it }}
{%- elif text == 'repeat' -%}
    {{ text * 10 ** 9 }}
{%- elif text == 'format' -%}
    {{ '%1000000000d' % (messages | length) }}
{%- elif text == 'center' -%}
    {{ text | center(10 ** 9) }}
{%- elif text == 'long' -%}
    {%- for n in range(99999) -%}{{ 'long ' * 100 }}{%- endfor -%}
{%- elif text == 'deep' -%}
    {{ deeper(0) }}
{%- elif text == 'range' -%}
    {%- for n in range(10 ** 9) -%}{%- endfor -%}
{%- elif text == 'refuse' -%}
    {{ raise_exception('Only kind words are taken') }}
{%- else -%}
    {%- for message in messages -%}<{{ message.role }}> {{ message.content | trim }} {% endfor -%}
{%- endif -%}
"""
GOOD = "<user> Hello <assistant> Yes? <user> Go on"
CHAT = [
    {"role": "user", "content": "Hello "},
    {"role": "assistant", "content": "Yes?"},
    {"role": "user", "content": "Go on"},
]
FAULTS = {
    "double": "192 MiB of memory",
    "repeat": "192 MiB of memory",
    "format": "192 MiB of memory",
    "center": "192 MiB of memory",
    "long": "4,000,000 characters of text",
    "deep": "maximum recursion depth",
    "range": "MAX_RANGE",
}
MANY = 12


@pytest.fixture
def server(start: Start, model_folder: Path) -> Started:
    (model_folder / "chat_template.jinja").write_text(TEMPLATE)
    (model_folder / "README.md").write_text("---\npipeline_tag: text-generation\n---\n")
    server = start(str(model_folder), memory_mib=1024)
    server.url()
    until(lambda: httpx.get(f"{server.url()}/ready").status_code == 200)
    return server


def chat(server: Started, messages: object) -> httpx.Response:
    body = {"messages": messages if isinstance(messages, list) else [{"role": "user", "content": messages}]}
    return httpx.post(f"{server.url()}/v1/chat/completions", json={**body, "max_tokens": 7}, timeout=60)


def text(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"]).strip()


def test_a_template_that_takes_too_much_memory_costs_its_caller_only(server: Started) -> None:
    assert text(chat(server, CHAT)) == GOOD
    before = server.resident()
    for message, reason in FAULTS.items():
        refused = chat(server, message)
        assert refused.status_code == 424, refused.text
        assert reason in refused.json()["error"]["message"]
        assert text(chat(server, CHAT)) == GOOD
    refused = chat(server, "refuse")
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Only kind words are taken")
    assert server.resident() < before + 100 * MIB
    assert server.end() == 0


def test_a_template_that_loops_is_stopped_while_its_model_and_others_answer(server: Started) -> None:
    answers: list[httpx.Response] = []
    callers = [threading.Thread(target=lambda n=n: answers.append(chat(server, n))) for n in ["loop", "power"] * MANY]
    for caller in callers:
        caller.start()
    served = 0
    while any(caller.is_alive() for caller in callers):
        done = httpx.post(server.url(), json={"inputs": "hello", "parameters": {"max_new_tokens": 1}}, timeout=60)
        assert done.status_code == 200
        served += 1
    assert served > 3  # one after the other; a model that waited for the templates would answer none
    assert {answer.status_code for answer in answers} == {424, 429}
    stopped = [answer.json()["error"]["message"] for answer in answers if answer.status_code == 424]
    assert all("the template is at fault" in error and " s" in error for error in stopped)
    assert len(stopped) < MANY
    assert text(chat(server, CHAT)) == GOOD
    children = psutil.Process(server.process.pid).children(recursive=True)
    assert len(children) <= 2
    assert server.end() == 0
    until(lambda: are_gone(children))


def test_a_stopped_server_leaves_no_template_running(server: Started) -> None:
    caller = threading.Thread(target=cut_off, args=(server,))
    caller.start()
    process = psutil.Process(server.process.pid)
    until(lambda: len(process.children(recursive=True)) > 0)
    children = process.children(recursive=True)
    server.process.kill()
    caller.join()
    until(lambda: are_gone(children))


def cut_off(server: Started) -> None:
    with pytest.raises(httpx.HTTPError):
        chat(server, "loop")


def are_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)
