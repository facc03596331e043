import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from inference_common.errors import InferenceError, InferenceFailed, InternalError, Overloaded
from inference_common.templates import process, renderer
from inference_common.templates.process import RenderingProcess, TemplateLimits
from inference_common.templates.renderer import Renderer, TemplateFailed, TemplateText

LIMITS = TemplateLimits(cpu_seconds=0.5, seconds=5, memory_bytes=128 * 2**20, max_characters=10_000)
LOOP = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def rendering() -> Iterator[Renderer]:
    made = Renderer(LIMITS)
    yield made
    made.close()


def processes() -> list[psutil.Process]:
    return psutil.Process().children()


def test_the_text_of_a_template(rendering: Renderer) -> None:
    greeting = TemplateText.of("Hello {{ name }}!")
    names = ["you", "é \U0001f600 \ud800", "</s>"]
    assert [rendering.render(greeting, {"name": name}) for name in names] == [f"Hello {name}!" for name in names]
    assert rendering.names(TemplateText.of("{% set a = b %}{{ a }}{{ c }}")) == {"b", "c"}
    assert len(processes()) == 1


def test_what_a_template_raises(rendering: Renderer) -> None:
    for text, reason in {"{{ raise_exception('no') }}": "no", "{% if %}": "Expected an expression"}.items():
        with pytest.raises(TemplateFailed, match=reason):
            rendering.render(TemplateText.of(text), {})
    with pytest.raises(InferenceFailed, match="ZeroDivisionError"):
        rendering.render(TemplateText.of("{{ 1 / n }}"), {"n": 0})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LOOP, "0.5 s of CPU time"),
        ("{{ (n + 6) ** 99999999 }}", "0.5 s of CPU time"),
        ("{{ 7 ** 99999999 }}", "0.5 s of CPU time"),  # computed as it is compiled
        ("{{ 'x' * (10 ** 9 * n) }}", "128 MiB of memory"),
        ("{{ 'x' * 99999 }}", "10,000 characters of text"),
        ("{% for n in range(99999) %}{{ n }}{% endfor %}", "10,000 characters of text"),
        ("{{ [n, n] }}" * 80_000, "(CPU time|memory)"),  # to compile
        ("x" * 1_000_001, "1,000,001 characters, and at most 1,000,000"),
    ],
)
def test_a_template_that_takes_too_much_is_stopped(rendering: Renderer, text: str, reason: str) -> None:
    for _ in range(2):
        with pytest.raises(InferenceFailed, match=reason):
            rendering.render(TemplateText.of(text), {"n": 1})
    assert rendering.render(TemplateText.of("fine"), {}) == "fine"
    assert len(processes()) == 1


def test_its_names_are_looked_for_within_the_same_limits(rendering: Renderer) -> None:
    with pytest.raises(InferenceFailed, match="CPU time"):
        rendering.names(TemplateText.of("{{ 7 ** 99999999 }}"))


def test_past_the_time_in_all_a_process_is_ended() -> None:
    rendering = Renderer(TemplateLimits(cpu_seconds=60, seconds=0.5))
    with pytest.raises(InferenceFailed, match=r"more than 0\.5 s to render"):
        rendering.render(TemplateText.of(LOOP), {})
    assert not processes()


def test_one_that_is_known_as_slow_holds_up_one_thread(rendering: Renderer) -> None:
    loop, errors, begun = TemplateText.of(LOOP), [], time.monotonic()

    def ask() -> None:
        try:
            rendering.render(loop, {})
        except InferenceError as error:
            errors.append(error)

    with pytest.raises(InferenceFailed):
        rendering.render(loop, {})
    callers = [threading.Thread(target=ask) for _ in range(8)]
    for caller in callers:
        caller.start()
    for _ in range(100):
        assert rendering.render(TemplateText.of("fine {{ n }}"), {"n": 1}) == "fine 1"
    for caller in callers:
        caller.join()
    refused = [error for error in errors if isinstance(error, Overloaded)]
    assert len(errors) == 8
    assert len(refused) >= 7 - (time.monotonic() - begun) // LIMITS.cpu_seconds
    assert all(error.retry_after == 1 for error in refused)


def test_processes_run_side_by_side_and_few_are_kept(rendering: Renderer) -> None:
    texts: list[str] = []

    def ask(n: int) -> None:
        text = TemplateText.of(f"{{% for a in range(20000) %}}{{% endfor %}}{{{{ n }}}} of {n % 3}")
        texts.append(rendering.render(text, {"n": n}))

    callers = [threading.Thread(target=ask, args=(n,)) for n in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sorted(texts) == sorted(f"{n} of {n % 3}" for n in range(12))
    assert len(processes()) <= renderer.MAX_IDLE_PROCESSES


def test_a_process_that_was_ended_is_started_anew(rendering: Renderer) -> None:
    assert rendering.render(TemplateText.of("a"), {}) == "a"
    processes()[0].kill()
    processes()[0].wait()
    assert rendering.render(TemplateText.of("a"), {}) == "a"


def test_what_others_left_in_a_process_fails_nobody(rendering: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = RenderingProcess.receive
    assert rendering.render(TemplateText.of("a"), {}) == "a"
    (used,) = processes()

    def receive(self: RenderingProcess) -> dict[str, Any]:
        return answers(self) if self.is_fresh else {"limit": "memory"}

    monkeypatch.setattr(RenderingProcess, "receive", receive)
    assert rendering.render(TemplateText.of("b"), {}) == "b"
    assert [process.pid for process in processes()] != [used.pid]


def test_how_many_templates_are_known_is_bounded(rendering: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renderer, "MAX_KNOWN_TEMPLATES", 3)
    for n in range(20):
        assert rendering.render(TemplateText.of(f"a {n}"), {}) == f"a {n}"
    assert len(rendering._uses) == 3


def test_it_reads_no_secret_and_opens_no_file(rendering: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert rendering.render(TemplateText.of("a"), {}) == "a"
    (child,) = processes()
    assert "HF_TOKEN" not in child.environ()
    assert child.rlimit(psutil.RLIMIT_NOFILE) == (0, 0)


@pytest.mark.parametrize("child", ["missing.py", "__init__.py"])
def test_where_no_process_starts_that_is_said(monkeypatch: pytest.MonkeyPatch, child: str) -> None:
    monkeypatch.setattr(process, "CHILD", process.CHILD.with_name(child))
    with pytest.raises(InternalError, match="did not start"):
        Renderer().render(TemplateText.of("a"), {})


def test_where_python_cannot_be_run_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.sys, "executable", "/nonexistent/python")
    with pytest.raises(InternalError, match="No process could be started"):
        Renderer().render(TemplateText.of("a"), {})


def test_a_request_of_the_size_of_a_body_is_read(rendering: Renderer) -> None:
    messages: list[Any] = [{"content": "x" * 1000}] * 1000
    assert rendering.render(TemplateText.of("{{ messages | length }}"), {"messages": messages}) == "1000"
