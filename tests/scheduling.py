"""Which tests one worker of pytest-xdist runs, one after the other: those that share a server, or else a file."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class ServerScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Groups tests by what they are served by, which their ids begin with: `[process-timm-image-classification-...]`.

    xdist's own groups are written into the attribute that held a test's id before pytest 9.2, and so are none since.
    """

    def __init__(self, config: pytest.Config, log: Producer, served: Iterable[str]) -> None:
        super().__init__(config, log)
        self._served = sorted(served, key=len, reverse=True)  # one may begin as another

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        id_ = test.partition("[")[2]
        return next((one for one in self._served if id_.startswith((f"{one}-", f"{one}]"))), file)
