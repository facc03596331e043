"""The routes of the contract, one family a file; those of inference first: a request is held against each."""

from . import completions, docs, inference, openai, rerank, status

ROUTES = (*inference.ROUTES, *status.ROUTES, *docs.ROUTES, *openai.ROUTES, *completions.ROUTES, *rerank.ROUTES)
