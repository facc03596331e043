"""`matrix`: the libraries as JSON for a CI's matrix."""

from __future__ import annotations

import argparse
import json

from .images import libraries


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("matrix", help="print the libraries to build and test, as JSON for CI")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print {"library": [...]}."""
    print(json.dumps({"library": [known.hub_name for known in libraries()]}))
    return 0
