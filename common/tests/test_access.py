import json
import logging
import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog
from inference_common import logs
from inference_common.access import AccessLog

VALUES = {"method": "POST", "path": "/a b", "status": 200, "milliseconds": 1.5}


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def errors(capsys: pytest.CaptureFixture[str]) -> str:
    logs.WRITER.flush(5)
    return capsys.readouterr().err


def write(level: int) -> None:
    AccessLog().write(level, {**VALUES, "request_id": "abc"})


def without_time(line: str) -> Any:
    if line.startswith("{"):
        return {name: value for name, value in json.loads(line).items() if name != "timestamp"}
    return re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z ", "", line)


@pytest.mark.parametrize("fmt", ["plain", "json"])
def test_a_line_is_as_structlog_writes_it(capsys: pytest.CaptureFixture[str], fmt: Literal["plain", "json"]) -> None:
    logs.configure(fmt, "info")
    write(logging.INFO)
    token = logs.REQUEST_ID.set("abc")
    structlog.get_logger("access").info("request", **VALUES)
    logs.REQUEST_ID.reset(token)
    ours, theirs = errors(capsys).splitlines()
    assert without_time(ours) == without_time(theirs)
    assert ours != without_time(ours)


@pytest.mark.parametrize(("level", "count"), [("debug", 2), ("info", 1), ("warning", 0)])
def test_less_severe_lines_are_left_out(capsys: pytest.CaptureFixture[str], level: str, count: int) -> None:
    logs.configure("plain", level)
    write(logging.DEBUG)
    write(logging.INFO)
    assert errors(capsys).count("request_id=abc") == count


def test_before_logs_are_configured_structlog_writes_them() -> None:
    with structlog.testing.capture_logs() as lines:
        write(logging.INFO)
    assert lines == [{**VALUES, "request_id": "abc", "event": "request", "log_level": "info"}]
