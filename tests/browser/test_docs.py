"""The page of a server, as a person uses it: on a desk and on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.images import library
from scripts.prerequisites import BROWSER

from ..conftest import tiny_model
from ..needs import require
from ..servers import Server, start_process

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = require(BROWSER)
    with sync_playwright() as playwright:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root with one
        browser = playwright.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    known = library("transformers")
    server = start_process(known, "text-classification", str(tiny_model(known, "text-classification")))
    yield server
    server.client.close()
    assert server.stop() == 0


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, server: Server) -> Iterator[Page]:
    """The page, open; it must not have fetched anything from another host, nor failed in its script."""
    page = browser.new_page(viewport=request.param)
    fetched: list[str] = []
    failures: list[str] = []
    page.on("request", lambda sent: fetched.append(sent.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.goto(str(server.client.base_url))
    yield page
    assert failures == []
    assert all(url.startswith((str(server.client.base_url), "blob:")) for url in fetched)
    page.close()


def test_an_example_is_sent_and_its_answer_shown(page: Page) -> None:
    expect(page).to_have_title(re.compile("text-classification"))
    page.get_by_role("button", name="Send").first.click()
    expect(page.locator(".status").first).to_contain_text("200 in")
    expect(page.locator(".output").first).to_contain_text('"score"')


def test_the_command_asks_the_model_from_wherever_the_page_is_read(page: Page, server: Server) -> None:
    base = str(server.client.base_url).rstrip("/")
    for place in ("/", "/docs"):
        page.goto(f"{base}{place}")
        expect(page.locator(".curl").first).to_have_text(re.compile(rf"^curl {re.escape(base)}/ \\"))


def test_what_was_wrong_is_shown(page: Page) -> None:
    page.locator("textarea").first.fill('{"inputs": 7}')
    page.get_by_role("button", name="Send").first.click()
    expect(page.locator(".status.bad").first).to_contain_text("400 in")
    expect(page.locator(".output").first).to_contain_text("inputs")


def test_parameters_are_explained_and_nothing_is_wider_than_the_screen(page: Page) -> None:
    expect(page.locator(".parameters").first).to_contain_text("function_to_apply")
    expect(page.locator(".parameters").first).to_contain_text("sigmoid, softmax, none")
    expect(page.locator(".curl").first).to_contain_text("curl http")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
