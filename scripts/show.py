"""`show`: the libraries there are, and what each answers."""

from __future__ import annotations

import argparse
import json

from .images import libraries


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("show", help="list the libraries and their tasks")
    verb.add_argument("--json", action="store_true", help="for a program")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    rows = [{"library": known.hub_name, "tasks": known.tasks} for known in libraries()]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    for row in rows:
        print(f"{row['library']}: {', '.join(row['tasks'])}")
    return 0
