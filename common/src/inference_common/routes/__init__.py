"""The routes of the contract, one family a file; those of inference first: a request is held against each."""

from . import completions, docs, inference, openai, rerank, status
from .endpoint import below_a_model

_COMPATIBLE = (*completions.ROUTES, *openai.EMBEDDINGS, *rerank.ROUTES)
_AT_ROOT, *_BY_MODEL = inference.ROUTES

# Those of a model before /models/{model}, whose name may hold any path.
ROUTES = (
    _AT_ROOT,
    *below_a_model(_COMPATIBLE),
    *_BY_MODEL,
    *status.ROUTES,
    *docs.ROUTES,
    *openai.ROUTES,
    *_COMPATIBLE,
)
