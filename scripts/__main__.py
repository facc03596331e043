"""The verbs of `manage.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import bench, build, check, docker_run, generate, lock, matrix, new, show, start
from .gpu import pack
from .suggest import unknown

VERBS = (start, docker_run, show, build, check, lock, new, generate, matrix, bench, pack)


def main(arguments: Sequence[str]) -> int:
    """Run one verb and return its exit status; without arguments, print the list of verbs and return 2."""
    top = argparse.ArgumentParser(
        prog="./manage.py", description="Serve, show and test the libraries under docker_images/."
    )
    verbs = top.add_subparsers(title="verbs", metavar="VERB", required=True)
    for module in VERBS:
        module.add(verbs)
    if not arguments:
        top.print_help()
        print("\nBegin with: ./manage.py start")
        return 2
    if not arguments[0].startswith("-") and arguments[0] not in verbs.choices:
        top.exit(2, f"{unknown('verb', arguments[0], list(verbs.choices))}\n./manage.py --help says what each does.\n")
    parsed = top.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except KeyboardInterrupt:
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
