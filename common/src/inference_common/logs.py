"""Log lines for people or for machines, ours and other libraries' alike, each with its request's id."""

from __future__ import annotations

import atexit
import logging
import os
import re
import sys
from contextvars import ContextVar
from typing import Literal

import orjson
import structlog
from huggingface_hub.utils import logging as hub_logging

from .lines import LineStream, LineWriter

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is answered: in each line that is written meanwhile."""
_BARE = re.compile(r"[!#-&(-<>-~]+").fullmatch  # plain ASCII without quotes: a path may hold what moves a cursor


WRITER = LineWriter()
"""The one of this process, as there is one standard error."""
FLUSH_SECONDS = 1.0  # at the end of the process, for lines that are not written yet
os.register_at_fork(after_in_child=WRITER.after_fork)
atexit.register(WRITER.flush, FLUSH_SECONDS)


class Lines(structlog.WriteLogger):
    """Writes lines to standard error by WRITER: not through `logging`, which takes longer than all the rest."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name  # for add_logger_name

    def msg(self, message: str) -> None:
        WRITER.write(message)

    debug = info = warning = error = critical = exception = fatal = log = msg


class _Handler(logging.Handler):
    """Lines of other libraries, with ours."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            WRITER.write(self.format(record))
        except Exception:
            self.handleError(record)


def take_standard_error() -> None:
    """Let nothing that Python writes to standard error wait for its reader, from now on."""
    if WRITER.stream is None:
        WRITER.stream = sys.stderr
        sys.stderr = LineStream(WRITER, WRITER.stream)


def configure(fmt: Literal["plain", "json"], level: str) -> None:
    """Send every line to standard error, those of other libraries' loggers through one handler; calling it again
    replaces that handler."""
    shared: list[structlog.typing.Processor] = [
        _with_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_json)]
        if fmt == "json"
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if sys.stderr.isatty()
        else [structlog.processors.format_exc_info, _plain]
    )
    structlog.configure(
        processors=[*shared, *last],
        logger_factory=Lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )
    handler = _Handler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    # The Hub client gives its logger a handler as it is imported: each of its lines would come twice, once bare.
    hub_logging.get_logger().handlers.clear()
    # A line per HTTP call of the Hub client, and the server's own greeting, repeat what our lines say.
    for name in ("httpx", "httpx2", "uvicorn.error"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))


def _with_request_id(_logger: object, _method: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    # Not structlog's own contextvars: to merge them, each line looks through all variables of its context.
    request_id = REQUEST_ID.get()
    if request_id is not None:
        line["request_id"] = request_id
    return line


def _plain(_logger: object, _method: str, line: structlog.typing.EventDict) -> str:
    """As ConsoleRenderer without colours, in a fifth of its time: there is a line for each request."""
    when, level, name, said = (line.pop(key, "") for key in ("timestamp", "level", "logger", "event"))
    error = line.pop("exception", None)
    parts = [f"{when} [{level:<8}] {said:<30} [{name}]"]
    for key in sorted(line):
        value = line[key]
        parts.append(f"{key}={value if isinstance(value, str) and _BARE(value) else repr(value)}")
    told = " ".join(parts)
    return f"{told}\n{error}" if error else told


def _json(line: object, **_: object) -> str:
    return orjson.dumps(line, default=str).decode()
