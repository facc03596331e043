"""`generate`: what is derived from the folders and kept in the repository: the bake file, the tables of the docs."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping

from inference_common.settings import Settings

from .bake import bake_file
from .benchmarks import report, results
from .benchmarks.scenarios import SCENARIOS
from .differences import table
from .images import ROOT, libraries

MARK = "<!-- {edge} {name}: written by ./manage.py generate -->"


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("generate", help="rewrite the bake file and the tables of the docs")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Rewrite what is not in step, and name it."""
    for name in stale():
        (ROOT / name).write_text(WRITERS[name](_now(name)))
        print(f"wrote {name}")
    return 0


def stale() -> list[str]:
    """The files that are not as the folders say."""
    return [name for name, writer in WRITERS.items() if writer(_now(name)) != _now(name)]


def _now(name: str) -> str:
    return (ROOT / name).read_text() if (ROOT / name).is_file() else ""


def _libraries(text: str) -> str:
    rows = [f"| `{known.hub_name}` | {', '.join(known.tasks)} |" for known in libraries()]
    return _between(text, "libraries", ["| library | tasks |", "|---|---|", *rows])


def _settings(text: str) -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return _between(text, "settings", ["| variable | default | |", "|---|---|---|", *rows])


def _between(text: str, name: str, lines: list[str]) -> str:
    """The text with `lines` between its two marks. Raises ValueError where the marks are missing."""
    begin, end = (MARK.format(edge=edge, name=name) for edge in ("begin", "end"))
    written, count = re.subn(
        f"{re.escape(begin)}\n.*?{re.escape(end)}",
        lambda _: "\n".join([begin, *lines, end]),
        text,
        flags=re.DOTALL,
    )
    if count != 1:
        raise ValueError(f"the file needs the two lines {begin} and {end} once")
    return written


WRITERS: Mapping[str, Callable[[str], str]] = {
    "docker-bake.hcl": lambda _: bake_file(),
    "README.md": _libraries,
    "docs/operate.md": _settings,
    "docs/differences.md": lambda text: _between(text, "differences", table()),
    "docs/benchmarks.md": lambda _: report.document(results.read(), SCENARIOS),
}
