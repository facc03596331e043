"""Makes transformers render chat templates in the processes of `renderer.py`."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from jinja2 import TemplateError

from .renderer import TemplateFailed, TemplateText, renderer

MODULE = "transformers.utils.chat_template_utils"


class ProcessTemplate:
    """What stands for a compiled template: its `render` is done in another process."""

    def __init__(self, text: str) -> None:
        self._source = TemplateText.of(text)

    def render(self, **variables: Any) -> str:
        """As Jinja's. Raises TemplateError, and what Renderer.render raises."""
        try:
            return renderer().render(self._source, variables)
        except TemplateFailed as error:
            _raise(error)

    def names(self) -> frozenset[str]:
        """The variables that it reads and does not set. Raises as `render`."""
        try:
            return renderer().names(self._source)
        except TemplateFailed as error:
            _raise(error)


@functools.lru_cache(maxsize=128)
def compiled(text: str) -> ProcessTemplate:
    """In place of the library's `_compile_jinja_template`."""
    return ProcessTemplate(text)


@functools.lru_cache(maxsize=128)
def names(text: str | None) -> frozenset[str]:
    """In place of the library's `_get_template_variables`."""
    return frozenset() if text is None else compiled(text).names()


REPLACED: dict[str, Callable[..., Any]] = {"_compile_jinja_template": compiled, "_get_template_variables": names}
"""Functions of transformers 5.23 that compile or read a template, by name. All that the library does with one goes
through them, but for two of its features that are not used here and fail: masks of what the assistant says, and looking
for a tokenizer's tokens in a template's text."""


def render_in_processes() -> None:
    """From now on, chat templates that transformers renders for whatever code of this process are rendered in others.

    Raises AttributeError where the library has no such functions (any more).
    """
    library = importlib.import_module(MODULE)
    for name, ours in REPLACED.items():
        theirs = getattr(library, name)
        for module in list(sys.modules.values()):  # some import them by name
            if getattr(module, "__dict__", {}).get(name) is theirs:
                setattr(module, name, ours)


def _raise(error: TemplateFailed) -> NoReturn:
    raise TemplateError(str(error)) from error
