"""Why something failed, as a caller may read it: no path of this machine, no advice to make it less safe."""

from __future__ import annotations

import re

MAX_REASON_CHARACTERS = 300
_MAX_READ_CHARACTERS = 4000  # of a library's message; some hold a whole configuration
_PATH = re.compile(r"(?<![\w.:/])(?:[A-Za-z]:\\|\\\\|~?/)[^\s'\"`<>|,;:()\[\]{}]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_ADVICE = (
    "trust_remote_code",
    "weights_only",
    "allow_pickle",
    "safe_globals",
    "pip install",
    "conda install",
    "apt install",
    "apt-get",
    "force_download",
    "local_files_only",
    "ignore_mismatched_sizes",
    "arbitrary code",
    "huggingface-cli",
    "hf auth",
    "github.com",
    "environment variable",
)
"""Words of sentences that tell whoever runs a library's code what to change in it; a caller of a server can change
none of that, and an operator should not."""


def reason(error: BaseException) -> str:
    """What an exception of a library says, with its type: `ValueError: the network has no head`."""
    said = clean(str(error))
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def clean(message: str) -> str:
    """A library's message without paths (their last part stays), advice, control characters; at most 300 characters."""
    sentences = _SENTENCE.split(message[:_MAX_READ_CHARACTERS])
    kept = [one.strip() for one in sentences if one.strip() and not any(word in one.lower() for word in _ADVICE)]
    text = _PATH.sub(_last_part, " ".join(kept))
    return "".join(one if one.isprintable() else " " for one in text)[:MAX_REASON_CHARACTERS]


def _last_part(path: re.Match[str]) -> str:
    return path[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
