"""AccessLog: the line of each answered request."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import structlog

from . import logs

LEVELS = {logging.DEBUG: "debug", logging.INFO: "info"}


class AccessLog:
    """Writes what structlog would, by the same renderer, but without its other processors: they take twice as long as
    all the rest of a line. Before `logs.configure`, structlog itself writes it."""

    def __init__(self) -> None:
        config = structlog.get_config()
        self._log = structlog.get_logger("access").bind()  # once: binding takes longer than a line
        self._render = config["processors"][-1] if config["logger_factory"] is logs.Lines else None

    def write(self, level: int, values: dict[str, Any]) -> None:
        """The line of one request, of these values, where lines of this level are written."""
        if not self._log.is_enabled_for(level):
            return
        if self._render is None:
            self._log.log(level, "request", **values)
            return
        values["timestamp"] = f"{datetime.now(UTC).isoformat(timespec='microseconds')[:-6]}Z"  # without the +00:00
        values["level"], values["logger"], values["event"] = LEVELS[level], "access", "request"
        logs.WRITER.write(self._render(None, "", values))
