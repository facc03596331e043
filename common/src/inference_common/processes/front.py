"""create_front: the app of a library server, which finds models and hands requests to their processes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from ..asgi import App
from ..discover import Pipelines
from ..errors import InvalidRequest
from ..metrics import Metrics
from ..on_demand import OnDemand
from ..service import Service
from ..settings import Settings
from .forward import Forwarder
from .metrics import Joined
from .request_memory import RequestMemory
from .routes import ROUTES


def create_front(library: Pipelines, settings: Settings) -> Starlette:
    """The app that serves any model of the library, each in a process of its own. Raises InvalidRequest where there can
    be none, as on Windows."""
    if not hasattr(os, "fork"):
        raise InvalidRequest(
            "A server of any model forks processes, which this system cannot; set MODEL_ID to one model"
        )
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.joined = joined = Joined(metrics)
        requests = RequestMemory()
        models = OnDemand(library, settings, joined, requests)
        app.state.service = Service(settings, metrics, models, requests.own)
        app.state.forwarder = Forwarder(settings)
        try:
            yield
        finally:
            await models.close()
            requests.close()

    return App(ROUTES, lifespan, metrics, settings)
