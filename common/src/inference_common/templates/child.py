"""`python child.py CPU_SECONDS MEMORY_BYTES MAX_CHARACTERS`: renders the templates of models for a server.

A process of its own, so that it can be ended: a template is a program, and a thread cannot be. It imports Jinja and
nothing of the server's, opens no file once it has begun, and reads requests from the socket that is its standard input,
each a JSON object in one message of a `multiprocessing.connection.Connection`:

    {"digest", "source": text or absent, "variables": object, or null for the names of those that the template reads}

Each is answered by one of:

    {"text"}, {"names"}         the rendered text, or the names
    {"wants": true}             the digest is of no template that is kept here: send the same with its source
    {"error", "message"}        the name of the exception's type, and what it says
    {"limit"}                   `memory` or `output`, whichever was passed; after `memory` the process ends

Past CPU_SECONDS for one request the kernel ends the process by SIGPROF, whatever it does at that moment.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import pprint  # noqa: F401  # as the next two lines: imported by Jinja only when it is needed, which then is too late
import resource
import signal
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import jinja2.constants
import jinja2.debug
import jinja2.ext
import jinja2.meta
from jinja2 import Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.parser import Parser
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

KEPT_TEMPLATES = 16  # compiled, the least recently used goes first
MAX_MESSAGE_CHARACTERS = 2_000  # of an exception: a template may raise a text of any length
CODECS = ("ascii", "latin-1", "unicode-escape", "utf-16", "utf-32")
OOM_SCORE = "1000"  # the kernel ends this process first where memory runs out, not the server


class OutputTooLong(Exception):
    """The rendered text has more than MAX_CHARACTERS."""


class GenerationBlock(jinja2.ext.Extension):
    """`{% generation %}...{% endgeneration %}`: what the assistant says, which for a prompt is text as any other."""

    tags = {"generation"}  # noqa: RUF012  # as Jinja's own

    def parse(self, parser: Parser) -> nodes.CallBlock:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        block = nodes.CallBlock(self.call_method("_said"), [], [], body)
        block.set_lineno(line)
        return block

    def _said(self, caller: Macro) -> str:
        text: str = caller()
        return text


class TemplateDict:
    """`dict` in a template, without the attributes of the type."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    def fromkeys(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args, **kwargs)


class TemplateNamespace(Namespace):
    """`namespace` in a template, which takes no name that begins with an underscore."""

    def __init__(*args: Any, **kwargs: Any) -> None:  # so that one of its names may be `self`
        own, *given = args
        attributes = dict(*given, **kwargs)
        for name in attributes:
            _refuse_private(name)
        Namespace.__init__(own, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _refuse_private(name)
        super().__setitem__(name, value)


def _refuse_private(name: object) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(
            f"Chat templates cannot store underscore-prefixed attributes on a namespace, but got {name!r}. "
            "Please rename the attribute."
        )


def environment() -> ImmutableSandboxedEnvironment:
    """The environment that transformers 5.23 compiles chat templates in, but for its record of what is generated."""
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[GenerationBlock, jinja2.ext.loopcontrols]
    )
    made.filters["tojson"] = _tojson
    made.globals |= {
        "raise_exception": _raise_exception,
        "strftime_now": lambda format: datetime.now().strftime(format),
        "dict": TemplateDict(),
        "namespace": TemplateNamespace,
    }
    return made


def _raise_exception(message: Any) -> None:
    raise TemplateError(message)


def _tojson(x: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None,
            sort_keys: bool = False) -> str:  # fmt: skip
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


class Templates:
    """Compiled templates by the digest of their source."""

    def __init__(self, max_characters: int) -> None:
        self._max_characters = max_characters
        self._environment = environment()
        self._compiled: OrderedDict[str, Template] = OrderedDict()

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request. Raises MemoryError."""
        digest, source, variables = request["digest"], request.get("source"), request["variables"]
        if source is None and digest not in self._compiled:
            return {"wants": True}
        try:
            if variables is None:
                parsed = self._environment.parse(source if source is not None else "")
                return {"names": sorted(jinja2.meta.find_undeclared_variables(parsed))}
            return {"text": self._rendered(self._template(digest, source), variables)}
        except MemoryError:
            raise
        except OutputTooLong:
            return {"limit": "output"}
        except Exception as error:
            kind = "TemplateError" if isinstance(error, TemplateError) else type(error).__name__
            return {"error": kind, "message": str(error)[:MAX_MESSAGE_CHARACTERS]}

    def _template(self, digest: str, source: str | None) -> Template:
        if source is not None:
            self._compiled[digest] = self._environment.from_string(source)
            while len(self._compiled) > KEPT_TEMPLATES:
                self._compiled.popitem(last=False)
        self._compiled.move_to_end(digest)
        return self._compiled[digest]

    def _rendered(self, template: Template, variables: Mapping[str, Any]) -> str:
        parts, left = [], self._max_characters
        for part in template.generate(**variables):
            left -= len(part)
            if left < 0:
                raise OutputTooLong
            parts.append(part)
        return "".join(parts)


def serve(connection: Connection[bytes, bytes], templates: Templates, set_timer: Callable[[bool], object]) -> None:
    """Answer requests until the server closes the socket; `set_timer` starts and stops the clock of one."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            message = connection.recv_bytes()
            set_timer(True)
            try:
                answer = json.dumps(templates.answer(json.loads(message)), ensure_ascii=False)
                written = answer.encode(errors="surrogatepass")
            except MemoryError:
                connection.send_bytes(b'{"limit": "memory"}')
                return
            set_timer(False)
            connection.send_bytes(written)


def main(cpu_seconds: float, memory_bytes: int, max_characters: int) -> None:
    """Take on the limits, say so by an empty message, and serve."""
    connection: Connection[bytes, bytes] = Connection(0)
    templates = Templates(max_characters)
    time.localtime()  # reads the time zone's file, as the next line those of codecs: Jinja reads literals by them
    for codec in CODECS:
        codecs.lookup(codec)
    with contextlib.suppress(OSError):  # not on every system
        Path("/proc/self/oom_score_adj").write_text(OOM_SCORE)
    for limit, most in (
        (resource.RLIMIT_AS, memory_bytes), (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 0),
    ):  # fmt: skip
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (most, most))
    connection.send_bytes(b"")
    serve(connection, templates, lambda on: signal.setitimer(signal.ITIMER_PROF, cpu_seconds if on else 0))


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
