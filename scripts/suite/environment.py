"""Make the environments of libraries; a program of its own, so that it can be stopped."""

from __future__ import annotations

import sys

from ..envs import python_of
from ..images import library

if __name__ == "__main__":
    for name in sys.argv[1:]:
        python_of(library(name))
