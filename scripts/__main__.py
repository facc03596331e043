"""The verbs of `manage.py`."""

from __future__ import annotations

import argparse
import sys

from . import bench, build, check, docker_run, generate, lock, matrix, new, show, start
from .gpu import pack


def parser() -> argparse.ArgumentParser:
    """The command line: one sub-command a verb, each with its own help."""
    top = argparse.ArgumentParser(
        prog="./manage.py", description="Serve, show and test the libraries under docker_images/."
    )
    verbs = top.add_subparsers(title="verbs", metavar="VERB", required=True)
    for module in (start, docker_run, show, build, check, lock, new, generate, matrix, bench, pack):
        module.add(verbs)
    return top


def main() -> int:
    """Run one verb; without any, say what there is."""
    if len(sys.argv) == 1:
        parser().print_help()
        print("\nBegin with: ./manage.py start")
        return 2
    arguments = parser().parse_args()
    status: int = arguments.run(arguments)
    return status


if __name__ == "__main__":
    sys.exit(main())
