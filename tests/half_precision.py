"""Whether a library's pipelines run in half precision, as they do on a GPU; on a CPU, which can though it is slow.

    python half_precision.py TYPE TASK=FOLDER ...     (in the library's environment and folder)

{task: what went wrong, or null} goes to standard output.
"""

from __future__ import annotations

import collections
import json
import os
import sys
from pathlib import Path
from typing import Any

import torch  # in the library's own environment
from inference_common import device
from inference_common.codecs.json import of_query
from inference_common.discover import discover
from inference_common.errors import InvalidRequest
from inference_common.settings import Settings
from inference_common.source import FolderSource
from inference_common.tasks import TASKS


def answer(task: str, folder: str) -> None:
    """Answer the task's examples; the last chunk or the whole batch is what counts."""
    known, kind = TASKS[task], discover("app.pipelines").load(task)
    pipeline: Any = kind(FolderSource(Path(folder)), "cpu")
    limits = pipeline.perceived(Settings().limits)
    for payload in known.good:
        decoded = known.input.decode(payload, limits)
        raw = {**{name: of_query(text) for name, text in payload.query.items()}, **decoded.params}
        params = known.params.model_validate(raw).within(limits)
        try:
            pipeline.check(params)
        except InvalidRequest:  # what this model makes impossible
            continue
        if pipeline.streams:
            for item in decoded.items:
                collections.deque(pipeline.stream(item, params), maxlen=0)
        else:
            pipeline.batch([pipeline.preprocess(one) for one in decoded.items[: pipeline.max_batch_size]], params)


def wrong(task: str, folder: str) -> str | None:
    try:
        answer(task, folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    name, *models = sys.argv[1:]
    vars(device)["weights_dtype"] = lambda *_: getattr(torch, name)  # before a pipeline imports it
    json.dump({task: wrong(task, folder) for task, _, folder in (one.partition("=") for one in models)}, sys.stdout)
