"""Records what one release of huggingface_hub sends: runs in an environment that holds that release alone.

Reads {samples, methods, answers, signs} from standard input, writes the records as JSON. A server in a thread of this
program gives each call the answers of its task in turn, and notes the request.
"""

from __future__ import annotations

import base64
import inspect
import json
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from huggingface_hub import InferenceClient

MODEL = "org/name"
V1 = "base_url/v1"  # of OpenAI's routes alone


class Recorder(BaseHTTPRequestHandler):
    """Answers each request with `answer`, and keeps it as `request`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: the second of two waits for the first to be acknowledged
    answer: Any = None
    request: dict[str, Any] | None = None

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = {"method": self.command, "path": self.path, "headers": headers, "body": body}
        type(self).request = {**request, "body": base64.b64encode(body).decode()}
        self._send(type(self).answer)

    do_GET = do_POST  # noqa: N815

    def _send(self, answer: Mapping[str, Any]) -> None:
        if "events" in answer:
            texts = [event if isinstance(event, str) else json.dumps(event) for event in answer["events"]]
            body, media = "".join(f"data: {text}\n\n" for text in texts).encode(), "text/event-stream"
        elif "sample" in answer:
            body, media = SAMPLES[answer["sample"]], answer["type"]
        else:
            body, media = json.dumps(answer["json"]).encode(), "application/json"
        self.send_response(200)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing: standard error is for what goes wrong."""


given = json.load(sys.stdin)
FOLDER = Path(given["samples"])
SAMPLES = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix != ".py" and path.is_file()}
server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_address[1]}"
WAYS: Mapping[str, dict[str, Any]] = {
    "url": {"model": URL},
    "base_url": {"base_url": URL},
    "url of a model": {"model": f"{URL}/models/{MODEL}"},
    "url, hf-inference": {"model": URL, "provider": "hf-inference"},
    V1: {"base_url": f"{URL}/v1"},
}
"""How a client is made; the first is what all variants of a call are recorded with."""


def meant(value: Any) -> Any:
    """A keyword's value, its stand-ins for bytes and paths replaced."""
    if isinstance(value, dict):
        if "$bytes" in value:
            return SAMPLES[value["$bytes"]]
        if "$path" in value:
            return FOLDER / value["$path"]
        return {name: meant(part) for name, part in value.items()}
    return [meant(part) for part in value] if isinstance(value, list) else value


def takes(function: Any, names: Mapping[str, Any]) -> bool:
    """Whether a function has all these keywords."""
    return names.keys() <= inspect.signature(function).parameters.keys()


def calls(method: Mapping[str, Any], function: Any) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """The arguments of each call: without optional ones, with each alone, with all of them, and the variants."""
    arguments = method["arguments"]
    known = {name: value for name, value in method.get("optional", {}).items() if takes(function, {name: None})}
    yield arguments, {}
    for name, value in known.items():
        yield arguments, {name: value}
    together = {name: value for name, value in known.items() if name not in method.get("alone", ())}
    if len(together) > 1:
        yield arguments, together
    for variant in method.get("variants", ()):
        if takes(function, variant.get("keywords", {})):
            yield variant.get("arguments", arguments), variant.get("keywords", {})


def record(name: str, method: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The records of one method."""
    function = getattr(InferenceClient, name)
    for way, options in WAYS.items():
        if way not in method.get("ways", WAYS.keys() - {V1}) or not takes(InferenceClient.__init__, options):
            continue
        for arguments, keywords in calls(method, function):
            yield from called(name, method, way, arguments, keywords)
            if way != "url":
                break


def called(
    name: str, method: Mapping[str, Any], way: str, arguments: list[Any], keywords: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The record of one call, unless the client refuses to make it."""
    found: dict[str, Any] = {"method": name, "task": method["task"], "way": way, "given": keywords, "reads": []}
    key = method.get("streams") if keywords.get("stream") else None
    for variant, answer in given["answers"][key or method.get("answers", method["task"])].items():
        Recorder.answer, Recorder.request = answer, None
        try:
            client = InferenceClient(**WAYS[way])
            function = getattr(client, name)
            required = inspect.signature(function).parameters.get("model")
            extra = {"model": WAYS[way].get("model", URL)} if required and required.default is required.empty else {}
            answered = function(*meant(arguments), **meant(keywords), **extra)
            texts = str(list(answered) if isinstance(answered, Iterator) else answered)
            if "json" not in answer or any(sign in texts for sign in given["signs"]):
                found["reads"].append(variant)
        except Exception as error:
            found["error"] = f"{type(error).__name__}: {error}"[:200]
        if Recorder.request is not None:
            found["request"] = Recorder.request
    yield found


warnings.simplefilter("ignore")
records = [
    entry
    for name, method in given["methods"].items()
    if hasattr(InferenceClient, name)
    for entry in record(name, method)
]
json.dump(records, sys.stdout)
