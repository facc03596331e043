"""`whisper.py MODEL PORT COMPUTE_TYPE`: a minimal server of faster-whisper, which is a library without one.

It has one worker of faster-whisper for each core, on one thread each, so that calls run in parallel.
"""

from __future__ import annotations

import io
import os
import sys

import uvicorn
from faster_whisper import WhisperModel
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

NEW_TOKENS = 126  # half of these and of the 4 tokens of the prompt, less one, is what CTranslate2 writes: 64
NO_RETRY = {"log_prob_threshold": None, "no_speech_threshold": None, "compression_ratio_threshold": None}
"""Without thresholds nothing is transcribed again at another temperature, as in transformers by default."""


def application(model: WhisperModel) -> Starlette:
    """The app of one model."""

    def transcribe(sound: bytes) -> str:
        segments, _ = model.transcribe(
            io.BytesIO(sound), language="en", beam_size=1, temperature=0.0, without_timestamps=True,
            condition_on_previous_text=False, max_new_tokens=NEW_TOKENS, **NO_RETRY,
        )  # fmt: skip
        return "".join(segment.text for segment in segments)

    async def ready(request: Request) -> JSONResponse:
        return JSONResponse({"status": "ready"})

    async def infer(request: Request) -> JSONResponse:
        return JSONResponse({"text": await run_in_threadpool(transcribe, await request.body())})

    return Starlette(routes=[Route("/ready", ready), Route("/", infer, methods=["POST"])])


if __name__ == "__main__":
    cores = len(os.sched_getaffinity(0))
    model = WhisperModel(sys.argv[1], device="cpu", compute_type=sys.argv[3], num_workers=cores, cpu_threads=1)
    uvicorn.run(application(model), port=int(sys.argv[2]), access_log=False, log_level="warning")
