"""Reads {url, options, calls: [[method, keywords]]} from standard input, writes the answers as JSON.

Runs in an environment that holds huggingface_hub alone, of whichever release. {"$bytes": base64} among the keywords
stands for bytes; bytes of an answer come back so, a picture as {"$image": [width, height]}, a stream as a list.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from collections.abc import Iterator
from typing import Any

from huggingface_hub import InferenceClient

asked = json.load(sys.stdin)
client = InferenceClient(model=asked["url"], **asked["options"])


def meant(value: Any) -> Any:
    """A keyword's value, its stand-ins for bytes replaced."""
    if isinstance(value, dict):
        if "$bytes" in value:
            return base64.b64decode(value["$bytes"])
        return {name: meant(part) for name, part in value.items()}
    return [meant(part) for part in value] if isinstance(value, list) else value


def plain(answer: Any) -> Any:
    """An answer made of what JSON holds; what the client left empty is left out."""
    if hasattr(answer, "tolist"):
        return answer.tolist()
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type | dict):
        answer = dataclasses.asdict(answer)
    if isinstance(answer, dict):
        return {name: plain(part) for name, part in answer.items() if part is not None}
    if isinstance(answer, bytes):
        return {"$bytes": base64.b64encode(answer).decode()}
    if hasattr(answer, "getbands"):
        return {"$image": list(answer.size)}
    if isinstance(answer, list | tuple | Iterator):
        return [plain(part) for part in answer]
    return answer


json.dump([plain(getattr(client, method)(**meant(keywords))) for method, keywords in asked["calls"]], sys.stdout)
