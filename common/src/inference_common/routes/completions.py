"""`/v1/completions` and `/v1/chat/completions`, as OpenAI's clients speak them; JavaScript's textGeneration, too."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, create_model
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..chat import OpenAIParams
from ..client import Client
from ..codecs import json, openai
from ..codecs.openai_answers import CompletionsAnswer
from ..errors import InvalidRequest
from ..generation import TextGenerationParams, unserved
from ..model import Model
from ..openapi import ForeignRoute
from ..service import AnyTask, Service, Work
from ..task import Limits, Payload
from ..tasks.chat import CHAT_COMPLETION, IMAGE_TEXT_TO_TEXT
from ..tasks.generation import TEXT_GENERATION
from . import sse
from .endpoint import Endpoint
from .inference import encode, lease, respond

CHATS: Sequence[AnyTask] = (CHAT_COMPLETION, IMAGE_TEXT_TO_TEXT)
OWN = tuple(set(TextGenerationParams.model_fields) - set(OpenAIParams.model_fields))
SAMPLING = frozenset({"do_sample", "top_k", "typical_p"})  # what a temperature of 0 outweighs
Prompt = Annotated[str, Field(min_length=1)]


class CompletionsParams(OpenAIParams):
    """The body of `/v1/completions`, but for the parameters of text-generation, which it may hold too."""

    prompt: Prompt | Annotated[list[Prompt], Field(min_length=1)]
    logprobs: int | None = Field(
        default=None, ge=0, le=20, description="tell tokens, and so many likeliest of each step"
    )
    echo: bool | None = Field(default=None, description="put the prompt before the answer")
    suffix: Annotated[str | None, unserved("suffix is not served; leave it out", "")] = None


_REQUEST = TypeAdapter(CompletionsParams)
_OWN_FIELDS: dict[str, Any] = {
    name: (field.annotation, field) for name, field in TextGenerationParams.model_fields.items() if name in OWN
}
CompletionsRequest = create_model("CompletionsRequest", __base__=CompletionsParams, **_OWN_FIELDS)
"""Both, as they are told to people; read apart, for either to say what is wrong in its own words."""


async def completions(request: Request) -> Response:
    """Go on with `prompt`, or with each of a list of them."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    asked, own = await service.in_thread(request, lambda: _asked(body, service.limits))
    async with lease(request, body) as model:
        work = await service.in_thread(request, lambda: _work(service, model, asked, own))
        if work.streamed:
            usage = asked.stream_options is not None and bool(asked.stream_options.include_usage)
            echoed = work.items[0] if getattr(work.params, "return_full_text", False) else ""
            events = functools.partial(openai.completion_events, usage_too=usage, echoed=echoed)
            return await sse.respond(service, request, work, events)
        answer = await service.run(request, work)
        name = model.source.name
        return respond(
            answer, await service.in_thread(request, lambda: json.dumped(openai.completions(answer.outputs, name)))
        )


async def chat(request: Request) -> Response:
    """Answer the last of `messages`."""
    service: Service = request.app.state.service
    body = await service.read_body(request)
    client = Client.of(request.headers)
    async with lease(request, body) as model:
        task = next((known for known in CHATS if known.name in model.pipelines), CHAT_COMPLETION)
        work = await service.in_thread(request, lambda: _chat_work(service, model, task, body))
        if work.streamed:
            return await sse.respond(service, request, work)
        answer = await service.run(request, work)
        return respond(answer, await encode(request, work, answer, client))


def _chat_work(service: Service, model: Model, task: AnyTask, body: bytes) -> Work:
    decoded = task.input.decode(Payload(body), service.limits)
    return service.prepare(model, task, decoded.items, decoded.params, many=False)


def _asked(body: bytes, limits: Limits) -> tuple[CompletionsParams, dict[str, Any]]:
    """The body, and apart from it the parameters of text-generation that it holds."""
    value = json.parse(body, limits)
    if not isinstance(value, dict):
        raise InvalidRequest('The body is no JSON object; send JSON such as {"prompt": ...}')
    own: dict[str, Any] = {name: value.pop(name) for name in OWN if name in value}
    return json.validate(_REQUEST, value, "body"), own


def _work(service: Service, model: Model, asked: CompletionsParams, own: dict[str, Any]) -> Work:
    raw = {name: given for name, given in asked.common().items() if given is not None}
    raw |= {} if asked.echo is None else {"return_full_text": asked.echo}
    raw |= {} if asked.logprobs is None else {"details": True, "top_n_tokens": asked.logprobs}
    if asked.echo and asked.logprobs is not None:
        if asked.stream:
            raise InvalidRequest("echo with logprobs is not streamed; leave out echo, logprobs or stream")
        raw["decoder_input_details"] = True
    prompts: Sequence[str] = [asked.prompt] if isinstance(asked.prompt, str) else asked.prompt
    inputs = json.dumped({"inputs": prompts}).body
    decoded = TEXT_GENERATION.input.decode(Payload(inputs), service.limits)
    many = not isinstance(asked.prompt, str)
    further = {name: given for name, given in own.items() if asked.temperature != 0 or name not in SAMPLING}
    return service.prepare(model, TEXT_GENERATION, decoded.items, {**raw, **further}, many=many)


FOREIGN = (
    ForeignRoute(
        "/v1/completions",
        TEXT_GENERATION,
        "as OpenAI's clients ask",
        CompletionsRequest,
        CompletionsAnswer,
        ({"prompt": "a happy person", "max_tokens": 4},),
    ),
    *(ForeignRoute("/v1/chat/completions", task, "as OpenAI's clients ask") for task in CHATS),
)
ROUTES = (
    Route("/v1/completions", Endpoint(completions), methods=["POST"]),
    Route("/v1/chat/completions", Endpoint(chat), methods=["POST"]),
)
