"""Records of what clients send: one entry for all releases that send the same, and read the same answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

DROPPED = frozenset(
    {
        "accept-encoding",
        "accept-language",
        "authorization",
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "sec-fetch-mode",
        "transfer-encoding",
        "user-agent",
        "x-amzn-trace-id",
    }
)
"""Headers that say nothing of the request, differ from call to call, or are kept once for each release."""
USUAL = {"accept": "*/*", "content-type": "application/json"}
NAMED = re.compile("hf_hub|huggingface")
"""In the parts of a user agent that do not tell what the release was recorded on."""
Releases = Mapping[str, list[dict[str, Any]]]
"""The records of each release, oldest first."""


def merged(releases: Releases, samples: Path) -> Mapping[str, list[dict[str, Any]]]:
    """Entries by task, each with the releases that send it, as ranges."""
    files = {path.name: path.read_bytes() for path in sorted(samples.iterdir()) if path.is_file()}
    entries: dict[str, dict[str, Any]] = {}
    sent_by: dict[str, list[str]] = {}
    for release, records in releases.items():
        for one in records:
            if "request" not in one or not one["reads"]:
                continue  # refused by the client itself, or broken in this release
            request = _request(one["request"], files)
            if not _says_anything(request):
                continue
            sent = {"task": one["task"], "method": one["method"], **request}
            entry = {**sent, "reads": one["reads"]}
            key = json.dumps(entry, sort_keys=True)
            entries.setdefault(key, entry)
            names = sent_by.setdefault(key, [])
            if release not in names:
                names.append(release)
    by_task: dict[str, list[dict[str, Any]]] = {}
    for key, entry in entries.items():
        told = {name: value for name, value in entry.items() if name != "task"}
        by_task.setdefault(entry["task"], []).append({"releases": ranges(sent_by[key], list(releases)), **told})
    return by_task


def agents(releases: Releases) -> Mapping[str, str]:
    """The user agent of each release, without the versions of what it ran on."""
    found = {}
    for release, records in releases.items():
        requests = [one["request"] for one in records if "request" in one]
        agent = requests[0]["headers"].get("user-agent", "") if requests else ""
        found[release] = "; ".join(part for part in agent.split("; ") if "/" not in part or NAMED.search(part))
    return found


def ranges(names: Sequence[str], every: Sequence[str]) -> str:
    """Names as ranges of the list of all of them: `0.20-0.27 1.0`."""
    places = sorted(every.index(name) for name in names)
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return " ".join(every[run[0]] + (f"-{every[run[-1]]}" if len(run) > 1 else "") for run in runs)


def write(folder: Path, by_task: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """One file a task, with an entry a line."""
    folder.mkdir(parents=True, exist_ok=True)
    for task, entries in by_task.items():
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        (folder / f"{task}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _request(sent: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """A request without what goes without saying: POST, the path `/`, and `USUAL` headers."""
    headers = {name: value for name, value in sorted(sent["headers"].items()) if name not in DROPPED}
    verb = {} if sent["method"] == "POST" else {"verb": sent["method"]}
    path = {} if sent["path"] == "/" else {"path": sent["path"]}
    told = {} if headers == USUAL else {"headers": headers}
    return {**verb, **path, **told, **_body(base64.b64decode(sent["body"]), files)}


def _says_anything(request: Mapping[str, Any]) -> bool:
    """Whether a release knew what to do with the arguments: some lose a file that they do not look for, and pass an
    address on that they should call."""
    sent = request.get("json", {"inputs": {}})
    return "verb" in request or "sample" in request or (sent.get("inputs") != {} and "endpointUrl" not in sent)


def _body(body: bytes, files: Mapping[str, bytes]) -> dict[str, Any]:
    """A body that is a sample by its name; JSON as its value, `$base64 NAME` for the base64 of a sample."""
    if not body:
        return {}
    for name, content in files.items():
        if body == content:
            return {"sample": name}
    text = body.decode()
    for name, content in files.items():
        text = text.replace(base64.b64encode(content).decode(), f"$base64 {name}")
    return {"json": json.loads(text)}
