"""create_app: a library's pipelines and settings in, an ASGI app out."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette

from .asgi import App
from .discover import Pipelines, discover
from .metrics import Metrics
from .models import Pinned
from .processes.front import create_front
from .routes import ROUTES
from .service import Service
from .settings import Settings
from .source import ModelSource, open_source


def create_app(pipelines: str, settings: Settings | None = None, source: ModelSource | None = None) -> Starlette:
    """The app that serves with the pipelines of the package named `pipelines`.

    `settings` default to the environment's. It serves `source`, by default the one that `settings.model_id` names;
    where that names none either, any model of the library, each loaded on demand into a process of its own. Raises
    InvalidRequest for a malformed id.
    """
    settings = settings or Settings()
    library = discover(pipelines)
    chosen = source or _source(settings)
    return create_front(library, settings) if chosen is None else _create_pinned(chosen, library, settings)


def _create_pinned(source: ModelSource, library: Pipelines, settings: Settings) -> Starlette:
    """The app of one model, in this very process: a request is not passed on, which takes time."""
    metrics = Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        models = Pinned(source, library, settings, metrics)
        app.state.service = Service(settings, metrics, models)
        try:
            yield
        finally:
            await models.close()

    return App(ROUTES, lifespan, metrics, settings)


def _source(settings: Settings) -> ModelSource | None:
    if settings.model_id is None:
        return None
    token = None if settings.hf_token is None else settings.hf_token.get_secret_value()
    return open_source(settings.model_id, revision=settings.revision, token=token)
