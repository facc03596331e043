"""Writes what becomes of calls that nobody waits for any more, and of those that others come between the steps of.

    python ended.py TASK=MODEL...       (in the library's environment; its folder and common/src are on the path)

{task: {"steps": of the whole call, "ended": whether a call whose callers left after its third step got no further,
"same": whether a call gives the same answer though others run between its steps, "between": how many did}} goes to
standard output.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from inference_common.cancel import Abandoned, watched
from inference_common.codecs.audio import Audio
from inference_common.comparison import difference
from inference_common.discover import discover
from inference_common.source import FolderSource
from inference_common.tasks import TASKS
from inference_common.tasks.questions import Question
from PIL import Image

TEXT = "the dog is happy and the cat is angry today "
NOISE = np.random.default_rng(0)
Inputs = Callable[[], Sequence[Any]]


def sound(seconds: float) -> Audio:
    return Audio(NOISE.normal(scale=0.1, size=int(16000 * seconds)).astype(np.float32), 16000)


def picture() -> Image.Image:
    return Image.fromarray(NOISE.integers(0, 256, (64, 64, 3), dtype=np.uint8))


QUESTION = Question(question="who is happy", context=TEXT * 60)
LABELS = [f"cat {n}" for n in range(200)]
CASES: dict[str, tuple[Inputs, dict[str, Any]]] = {
    "zero-shot-classification": (lambda: [TEXT] * 8, {"candidate_labels": LABELS}),
    "zero-shot-image-classification": (lambda: [picture()], {"candidate_labels": LABELS}),
    "zero-shot-object-detection": (lambda: [picture()], {"candidate_labels": LABELS}),
    "question-answering": (
        lambda: [QUESTION],
        {"max_seq_len": 40, "doc_stride": 8},
    ),
    "summarization": (lambda: [TEXT], {"generate_parameters": {"num_beams": 16, "max_new_tokens": 60}}),
    "translation": (lambda: [TEXT], {"src_lang": "eng_Latn", "tgt_lang": "fra_Latn"}),
    "image-to-text": (lambda: [picture()], {"max_new_tokens": 12}),
    "automatic-speech-recognition": (lambda: [sound(70.0)], {}),
}


class Steps:
    """Counts the checkpoints of a call."""

    def __init__(self, most: float = float("inf"), between: Callable[[], object] = lambda: None) -> None:
        self.count, self._most, self._between = 0, most, between

    def left(self) -> bool:
        self.count += 1
        return self.count > self._most

    def step(self) -> None:
        self._between()


def tried(kind: type[Any], task: str, folder: Path) -> dict[str, Any]:
    """What becomes of the calls of one task."""
    pipeline = kind(FolderSource(folder), "cpu")
    make, raw = CASES[task]
    params = TASKS[task].params.model_validate(raw)
    pipeline.check(params)
    inputs = make()

    def call(steps: Steps) -> Any:
        with watched(steps.left, steps.step):
            return pipeline.batch(inputs, params)

    whole, left = Steps(), Steps(most=3)
    alone = call(whole)
    try:
        call(left)
        ended = False
    except Abandoned:
        ended = left.count == 4
    other, others = make()[:1], list[Any]()

    def another() -> None:
        if len(others) < 2:
            with watched(lambda: False):
                others.append(pipeline.batch(other, params))

    apart = difference(list(alone), list(call(Steps(between=another))))
    return {"steps": whole.count, "ended": ended, "same": apart < 1e-4, "between": len(others)}


def main() -> None:
    library = discover("app.pipelines")
    told = {}
    for task, folder in (argument.split("=", 1) for argument in sys.argv[1:]):
        told[task] = tried(library.load(task), task, Path(folder))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
