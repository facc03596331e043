"""The routes of the contract, one family a file; those of inference first: a request is held against each."""

from . import completions, docs, inference, openai, rerank, status
from .endpoint import below_a_model, hosted

_COMPATIBLE = (*completions.ROUTES, *openai.EMBEDDINGS, *rerank.ROUTES)
_AT_ROOT, *_BY_MODEL = inference.ROUTES
# OpenAI's before /models/{model}, whose name may hold any path.
_OF_MODELS = (*below_a_model(_COMPATIBLE), *_BY_MODEL)

ROUTES = (
    _AT_ROOT,
    *_OF_MODELS,
    *status.ROUTES,
    *docs.ROUTES,
    *openai.ROUTES,
    *_COMPATIBLE,
    *hosted(_OF_MODELS),
)
