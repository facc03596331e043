"""Reads {url, calls: [[method, arguments, keywords]]} from standard input, writes the answers as JSON.

Runs in an environment that holds huggingface_hub alone, of whichever release.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from huggingface_hub import InferenceClient

asked = json.load(sys.stdin)
client = InferenceClient(model=asked["url"])


def call(method: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """One call, its answer made of lists and numbers."""
    answer = getattr(client, method)(*arguments, **keywords)
    return answer.tolist() if hasattr(answer, "tolist") else answer


json.dump([call(*wanted) for wanted in asked["calls"]], sys.stdout)
