"""What a template finds in its process, looked at in this one."""

import json
import socket
from multiprocessing.connection import Connection
from typing import Any

import pytest
from inference_common.templates import child
from inference_common.templates.child import Templates, environment, serve
from jinja2 import TemplateError
from jinja2.exceptions import SecurityError

SAID = "{% for m in messages %}\n  {% if m.skip is defined %}{% continue %}{% endif %}\n{{ m.text }};\n{% endfor %}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SAID, "a;\nc;\n"),
        ("{{ {'b': '<é>', 'a': [1, 2.5, none, true]} | tojson }}", '{"b": "<é>", "a": [1, 2.5, null, true]}'),
        ("{{ {'b': 1, 'a': 2} | tojson(indent=1, sort_keys=true) }}", '{\n "a": 2,\n "b": 1\n}'),
        ("{% set ns = namespace(n=0, self=1) %}{% set ns.n = 2 %}{{ ns.n + ns.self }}", "3"),
        ("{{ dict(a=1).a }}{{ dict.fromkeys('b', 2).b }}", "12"),
        ("{% generation %}\n a{{ 1 }}\n{% endgeneration %}b", " a1\nb"),
        ("{{ strftime_now('%d %b') | length }}", "6"),
        ("{% for n in range(9) %}{% if n == 2 %}{% break %}{% endif %}{{ n }}{% endfor %}", "01"),
    ],
)
def test_what_templates_are_given(text: str, expected: str) -> None:
    messages = [{"text": "a"}, {"text": "b", "skip": 1}, {"text": "c"}]
    assert environment().from_string(text).render(messages=messages) == expected


def test_what_is_refused() -> None:
    made = environment()
    with pytest.raises(TemplateError, match="no"):
        made.from_string("{{ raise_exception('no') }}").render()
    for text in (
        "{{ namespace(_a=1) }}",
        "{% set a = namespace() %}{% set a._b = 1 %}",
        "{{ [].append(1) }}",
        "{{ ''.__class__.mro() }}",
    ):
        with pytest.raises(SecurityError):
            made.from_string(text).render()


def test_messages_are_answered_until_the_other_side_is_closed() -> None:
    ours, its = (Connection(one.detach()) for one in socket.socketpair())
    clock: list[bool] = []
    requests: list[dict[str, Any]] = [
        {"digest": "a", "variables": {}},
        {"digest": "a", "source": "{{ n }}", "variables": {"n": 1}},
        {"digest": "a", "variables": {"n": "12345"}},
        {"digest": "b", "source": "{{ n }}", "variables": None},
        {"digest": "c", "source": "{{ 1 / n }}", "variables": {"n": 0}},
    ]
    for request in requests:
        ours.send_bytes(json.dumps(request).encode())
    answers: list[Any] = []

    def set_timer(on: bool) -> None:
        clock.append(on)
        if not on:
            return
        if len(clock) > 1:
            answers.append(json.loads(ours.recv_bytes()))
        if len(clock) == 9:
            ours.close()

    serve(its, Templates(4), set_timer)
    its.close()
    assert answers == [{"wants": True}, {"text": "1"}, {"limit": "output"}, {"names": ["n"]}]
    assert clock == [True, False] * 5


def test_past_its_memory_it_says_so_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, its = (Connection(one.detach()) for one in socket.socketpair())
    ours.send_bytes(b"{}")

    def full(request: object) -> None:
        raise MemoryError

    templates = Templates(4)
    monkeypatch.setattr(templates, "answer", full)
    serve(its, templates, lambda on: None)
    assert json.loads(ours.recv_bytes()) == {"limit": "memory"}
    ours.close()
    its.close()


def test_few_compiled_templates_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "KEPT_TEMPLATES", 2)
    templates = Templates(10)
    for digest in "abcb":
        templates.answer({"digest": digest, "source": digest, "variables": {}})
    assert templates.answer({"digest": "a", "variables": {}}) == {"wants": True}
    assert templates.answer({"digest": "b", "variables": {}}) == {"text": "b"}


def test_a_loud_exception_is_cut_short() -> None:
    request = {"digest": "a", "source": "{{ raise_exception('x' * 100000) }}", "variables": {}}
    assert Templates(10).answer(request) == {"error": "TemplateError", "message": "x" * child.MAX_MESSAGE_CHARACTERS}
