"""`python -m tests.comparison.reference LIBRARY FILE`: writes the library's answers to the cases of standard input."""

from __future__ import annotations

import json
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from .media import plain


def main(name: str, file: Path) -> None:
    """Answer every case, model by model; what the library raises is an answer too."""
    known = import_module(f"{__package__}.{name}").ANSWERS
    cases: list[dict[str, Any]] = json.load(sys.stdin)
    calls: dict[tuple[str, str], Any] = {}
    answers = []
    for case in cases:
        try:
            key = case["task"], case["folder"]
            if key not in calls:
                calls[key] = known[case["task"]](Path(case["folder"]))
            answers.append({"answer": plain(calls[key](case["inputs"], case["parameters"], case["keywords"]))})
        except BaseException as error:  # what panics in Rust is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            answers.append({"error": traceback.format_exc()[-1000:]})
    file.write_text(json.dumps(answers), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
