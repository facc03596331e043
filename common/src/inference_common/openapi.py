"""The OpenAPI 3.1 document of a server, from the values of its tasks: nothing in it is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from .errors import InferenceError
from .schema import Schema, Schemas
from .task import Payload, Task

AnyTask = Task[Any, Any, Any]
EXAMPLE_BYTES = 16_384  # a longer example would drown the page that shows it
ERROR = {"$ref": "#/components/schemas/Error"}
STATUS = {"responses": {"200": {"description": "It is so.", "content": {"application/json": {"schema": {}}}}}}
MODEL = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}, "description": "org/name"}
PROBES = {
    "/health": "Whether the server lives",
    "/ready": "Whether the model answers; 503 with the reason until then",
    "/info": "The model, its tasks, and the limits of this server",
    "/metrics": "Prometheus text",
    "/v1/models": "The models that are loaded, as OpenAI's clients list them",
}


@dataclass(frozen=True)
class ForeignRoute:
    """A route in the words of another API, which a server has whose model answers `task`.

    `request` and `answer` are the types of its JSON, None where they are the task's own; `examples` are requests.
    """

    path: str
    task: AnyTask
    whose: str
    request: Any = None
    answer: Any = None
    examples: Sequence[Any] = ()


def document(
    model: str | None,
    tasks: Sequence[AnyTask],
    pinned: AnyTask | None,
    version: str,
    foreign: Sequence[ForeignRoute] = (),
    own: Sequence[Any] = (),
) -> dict[str, Any]:
    """The document of a server of `model` (None: of any) that answers `tasks`, at `/` the `pinned` one once known, and
    at those of the `foreign` routes whose task it has. The model's `own` examples stand before the task's."""
    schemas = Schemas()
    paths: dict[str, Any] = {}
    if pinned is not None:
        paths["/"] = {"post": _operation(pinned, schemas, "the model's own task", own)}
    for task in (task for task in tasks if task is not pinned):
        path = f"/pipeline/{task.name}/{model or '{model}'}"
        paths[path] = {"post": _operation(task, schemas, "by its name"), **({} if model else {"parameters": [MODEL]})}
    paths |= {route.path: {"post": _foreign(route, schemas)} for route in foreign if route.task in tasks}
    paths |= {path: {"get": {"summary": summary, **STATUS}} for path, summary in PROBES.items()}
    info = {"title": model or "Any model", "version": version, "summary": "Behind the Inference API"}
    components = {"schemas": {**schemas.components, "Error": _error()}}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components}


def _operation(task: AnyTask, schemas: Schemas, how: str, own: Sequence[Any] = ()) -> dict[str, Any]:
    given = task.input.content(schemas, task.params)
    answers = task.output.content(schemas, batches=task.input.batches)
    examples = (*task.good, *(one.payload for one in task.optional))
    return _described(task, how, given, answers, (*own, *_examples(examples)))


def _foreign(route: ForeignRoute, schemas: Schemas) -> dict[str, Any]:
    task = route.task
    if route.request is None:
        return _operation(task, schemas, route.whose)
    given = {"application/json": schemas.of(route.request)}
    answers = {
        **task.output.content(schemas, batches=task.input.batches),
        "application/json": schemas.of(route.answer, "serialization"),
    }
    return _described(task, route.whose, given, answers, route.examples)


def _described(
    task: AnyTask, how: str, given: Mapping[str, Schema], answers: Mapping[str, Schema], examples: Iterable[Any]
) -> dict[str, Any]:
    content: dict[str, Any] = {media: {"schema": schema} for media, schema in given.items()}
    named = {str(n): {"value": value} for n, value in enumerate(examples)}
    if named:
        content["application/json"]["examples"] = named
    answered = {media: {"schema": schema} for media, schema in answers.items()}
    return {
        "summary": f"{task.name} ({how})",
        "tags": [task.name],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "The answer", "content": answered}, **_failures()},
    }


def _examples(good: Iterable[Payload]) -> Iterator[Any]:
    for payload in good:
        if payload.body[:1] in (b"{", b"[", b'"') and len(payload.body) <= EXAMPLE_BYTES:
            yield orjson.loads(payload.body)


def _failures() -> Mapping[str, Any]:
    """One entry a status; what it means is the first line of the errors' own words."""
    found: dict[str, list[str]] = {}
    for kind in _kinds(InferenceError):
        found.setdefault(str(kind.status), []).append(kind.__name__)
    content = {"application/json": {"schema": ERROR}}
    return {status: {"description": " or ".join(names), "content": content} for status, names in sorted(found.items())}


def _kinds(root: type[InferenceError]) -> Iterator[type[InferenceError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _error() -> Schema:
    text = {"type": "string"}
    detail = {"type": "object", "properties": {"message": text, "loc": text}, "required": ["message", "loc"]}
    told = {
        "error": {**text, "description": "what was wrong, and how to fix it"},
        "error_type": {**text, "description": "the kind of error, by which clients choose an exception"},
    }
    more = {"errors": {"type": "array", "items": detail}, "estimated_time": {"type": "number"}}
    return {"type": "object", "properties": {**told, **more}, "required": ["error", "error_type"]}
