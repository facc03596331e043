"""The same cases asked of a server of ours, and of the library in a process of its own environment."""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import orjson
from inference_common.samples import sample

from scripts.envs import python_of
from scripts.images import ROOT, Library
from scripts.tiny import tiny_model

from ..servers import ALONE
from . import answers, differences
from .cases import SEED, Case

CHATS = ("chat-completion", "image-text-to-text")
SECONDS = 400


def asked(client: httpx.Client, case: Case) -> httpx.Response:
    """The server's response to a case."""
    inputs = encoded(case.inputs)
    body = {"inputs": inputs, "parameters": case.parameters}
    if case.task in CHATS:
        body = {"messages": inputs, **case.parameters}
    return client.post("/", json=body)


def encoded(inputs: Any) -> Any:
    """Inputs whose samples are in base64, an image's address as a `data:` URI."""
    if isinstance(inputs, dict) and "sample" in inputs:
        return base64.b64encode(sample(inputs["sample"])).decode()
    if isinstance(inputs, dict) and "url" in inputs:
        return {"url": f"data:image/jpeg;base64,{encoded(inputs['url'])}"}
    if isinstance(inputs, dict):
        return {name: encoded(value) for name, value in inputs.items()}
    return [encoded(value) for value in inputs] if isinstance(inputs, list) else inputs


def library_answers(known: Library, cases: Sequence[Case]) -> list[Mapping[str, Any]]:
    """For each case {"answer": ...}, or {"error": ...}, of the library's own calls; {} where the server refuses it."""
    asked_too = [place for place, case in enumerate(cases) if not differences.refusals(case)]
    found: list[Mapping[str, Any]] = [{} for _ in cases]
    if asked_too:
        for place, answer in zip(asked_too, _of_process(known, [cases[place] for place in asked_too]), strict=True):
            found[place] = answer
    return found


def _of_process(known: Library, cases: Sequence[Case]) -> list[Mapping[str, Any]]:
    told = [
        {
            "task": case.task,
            "folder": str(tiny_model(known, case.model)),
            "inputs": case.inputs,
            "parameters": differences.told(case),
            "keywords": differences.keywords(case),
        }
        for case in cases
    ]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "common" / "src")))
    environment = {**ALONE, **os.environ, "PYTHONPATH": paths, "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "answers.json"
        command: list[str | Path] = [
            python_of(known),
            "-W",
            "ignore",
            "-m",
            f"{__package__}.reference",
            known.name,
            written,
        ]
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input=orjson.dumps(told),
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr.decode()
        found: list[Mapping[str, Any]] = orjson.loads(written.read_bytes())
    return found


def compare(client: httpx.Client, cases: Sequence[Case], found: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with a server's answers to some cases beside the library's, in words; nothing, if they agree."""
    wrong = []
    for case, reference in zip(cases, found, strict=True):
        response = asked(client, case)
        faults = _refusal(case, response) if differences.refusals(case) else _faults(case, response, reference)
        told = f"{case.library} {case.task} ({case.model}) {case.inputs!r:.80} {dict(case.parameters)!r:.200}"
        wrong += [f"{told}: {fault}" for fault in faults]
    return wrong


def again(wrong: Sequence[str]) -> str:
    """What a failed comparison says."""
    return "\n".join([f"{SEED}={os.environ[SEED]}", *wrong])


def _refusal(case: Case, response: httpx.Response) -> Iterator[str]:
    names = differences.refusals(case)
    if response.status_code != 400 or not any(name in response.json()["error"] for name in names):
        yield f"not refused by the name of {' or '.join(names)}: {_short(response)}"


def _faults(case: Case, response: httpx.Response, reference: Mapping[str, Any]) -> Iterator[str]:
    if "error" in reference:
        yield f"the library failed: {reference['error'][-500:]}; ours: {_short(response)}"
    elif response.status_code != 200:
        yield f"the server answered {_short(response)}"
    else:
        ours, theirs = answers.ours(response), answers.theirs(reference["answer"])
        if differences.of_kind(case, "level"):
            ours, theirs = answers.leveled(ours), answers.leveled(theirs)
        keys = differences.keys(case, "adds"), differences.keys(case, "leaves out")
        yield from list(answers.apart(answers.unwrapped(ours), answers.unwrapped(theirs), *keys))[:5]


def _short(response: httpx.Response) -> str:
    is_text = response.headers["content-type"] == "application/json"
    return f"{response.status_code} {response.text[:300] if is_text else response.headers['content-type']}"
