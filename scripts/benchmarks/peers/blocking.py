"""`blocking.py MODEL PORT`: the routes of an earlier public inference server, typed anew as small as they can be.

As there, the handler of the event loop itself calls the model, for one request at a time.
"""

from __future__ import annotations

import json
import sys
import time

import uvicorn
from sentence_transformers import SentenceTransformer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def application(model: SentenceTransformer) -> Starlette:
    """The app of one model."""

    async def healthy(request: Request) -> JSONResponse:
        return JSONResponse({"ok": "ok"})

    async def infer(request: Request) -> JSONResponse:
        began = time.time()
        try:
            asked = json.loads(await request.body())
            vector = model.encode(asked["inputs"], show_progress_bar=False).tolist()
        except Exception as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(vector, headers={"x-compute-time": f"{time.time() - began:.3f}"})

    return Starlette(routes=[Route("/", healthy, methods=["GET"]), Route("/", infer, methods=["POST"])])


if __name__ == "__main__":
    app = application(SentenceTransformer(sys.argv[1], device="cpu"))
    uvicorn.run(app, port=int(sys.argv[2]), access_log=False, log_level="warning")
