import json
import logging
import re
from collections.abc import Iterator

import pytest
import structlog
from inference_common import logs


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


def test_configuring_again_replaces_the_handler() -> None:
    for _ in range(3):
        logs.configure("plain", "info")
    assert len(logging.getLogger().handlers) == 1


def test_other_libraries_lines_look_like_ours(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    logging.getLogger("other").warning("of %s", "theirs")
    structlog.get_logger("ours").info("of ours", number=7)
    theirs, ours = errors(capsys).splitlines()
    assert json.loads(theirs)["event"] == "of theirs"
    assert json.loads(theirs)["logger"] == "other"
    assert json.loads(ours)["number"] == 7
    assert json.loads(ours)["logger"] == "ours"


def test_a_line_of_the_hub_client_comes_once_and_with_the_request_s_id(capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("huggingface_hub").addHandler(logging.StreamHandler())  # as the client itself does
    logs.configure("json", "info")
    token = logs.REQUEST_ID.set("abc")
    logging.getLogger("huggingface_hub.file_download").warning("of the %s", "Hub")
    logs.REQUEST_ID.reset(token)
    (line,) = errors(capsys).splitlines()
    assert json.loads(line)["event"] == "of the Hub"
    assert json.loads(line)["request_id"] == "abc"


def test_a_traceback_stays_in_its_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        structlog.get_logger("ours").exception("unhandled error")
    (line,) = errors(capsys).splitlines()
    assert "RuntimeError: broken" in json.loads(line)["exception"]


def test_less_severe_lines_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("plain", "warning")
    structlog.get_logger("ours").info("of ours")
    logging.getLogger("other").info("of theirs")
    assert errors(capsys) == ""


def test_a_plain_line_tells_its_values_and_no_line_is_forged(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("plain", "info")
    structlog.get_logger("ours").info("request", path="/a b", status=200, method="GET", said="x\n\x1b[2J")
    (line,) = errors(capsys).splitlines()
    assert re.fullmatch(
        r"20\S+Z \[info    \] request {24}\[ours\] method=GET path='/a b' said='x\\n\\x1b\[2J' status=200", line
    )


def test_a_plain_line_is_followed_by_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("plain", "info")
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        structlog.get_logger("ours").exception("unhandled error")
        logging.getLogger("other").exception("of theirs")
    lines = errors(capsys).splitlines()
    assert lines[0].endswith("[ours]")
    assert lines.count("RuntimeError: broken") == 2
