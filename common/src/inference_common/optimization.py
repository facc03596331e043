"""Optimization: which form of a model's network runs on a CPU, and the state of a faster one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Literal, TypeVar

import structlog

from . import device
from .metrics import ModelMetrics, OptimizationState
from .onnx.process import ExportProcess
from .onnx.search import Search, searching
from .pipeline import AnyPipeline, Device
from .reasons import clean, reason
from .settings import Settings
from .source import ModelSource

Form = Literal["library", "onnx", "int8"]
P = TypeVar("P", bound=AnyPipeline)
log = structlog.get_logger("inference")


class Optimization:
    """Finds or makes the ONNX form of one model; `form` is the one that answers now.

    `state`: `none`, there is nothing to do, for a `reason`; `pending`, an export may begin; `exporting`; `verified`,
    the file is run; `failed` and `skipped`, the library's own network stays, for a `reason`.
    """

    def __init__(self, source: ModelSource, settings: Settings, metrics: ModelMetrics) -> None:
        self._source, self._settings, self._metrics = source, settings, metrics
        self._in_load, self._in_background = ExportProcess(), ExportProcess(is_background=True)
        self._mark: Path | None = None
        self.form: Form = "library"
        self.state: OptimizationState = "none"
        self.reason = ""

    def load(self, kind: type[P], where: Device) -> P | None:
        """The pipeline over the ONNX form, as far as the setting allows to have it now; in the model's thread."""
        mode = self._settings.optimize
        if mode == "none" or where != device.CPU:
            self.set("none", "OPTIMIZE is none" if mode == "none" else "the model runs on a GPU")
            return None
        try:
            with searching(Search(self._in_load, _name_of(kind))) as search:
                optimized = kind.optimized(self._source, mode)
        except Exception as error:
            if mode != "auto":
                raise
            self.fail(error)
            return None
        if not search.has_form:
            self.set("none", search.reason or "the model has no ONNX form here")
        elif optimized is not None:
            self.take("int8" if mode == "int8" else "onnx", search.reason)
        elif search.is_pending:
            self.set("pending", "no verified ONNX file is there yet")
        else:
            self.set("failed", search.reason)
        return optimized

    def export(self, kind: type[P]) -> P | None:
        """The pipeline over a file that is exported and verified now, in a process of low priority; None, with the
        state set, where that cannot be. Blocks for as long; in any thread but the model's."""
        from .onnx.resources import shortage
        from .onnx.store import cache_folder

        missing = shortage(self.weight_bytes(), cache_folder())
        if missing is not None:
            self.skip(missing)
            return None
        self.set("exporting")
        with searching(Search(self._in_background, _name_of(kind), compares=True)) as search:
            optimized = kind.optimized(self._source, "onnx")
        self._mark = search.mark
        if optimized is None:
            self.set("failed", search.reason)
        return optimized

    def weight_bytes(self) -> int:
        """Bytes of the model's weights, as its files have them."""
        from .onnx.resources import weight_bytes

        return weight_bytes(self._source.path())

    def take(self, form: Form, unverified: str = "") -> None:
        """Record that this form answers from now on; `unverified` says why it could not be verified (empty: it was)."""
        if self._mark is not None:
            from .onnx.store import confirm

            with contextlib.suppress(OSError, ValueError):  # without it, the next start compares once more
                confirm(self._mark)
        self.form = form
        self.set("none" if unverified else "verified", unverified)

    def skip(self, reason: str) -> None:
        """The library's own network stays, as there is no room for another."""
        self.set("skipped", reason)
        log.warning("not exported to ONNX", model=self._source.name, reason=reason)

    def refuse(self, reason: str) -> None:
        """The library's own network stays: the file's answers are not its; from the next start on, too."""
        self.set("failed", reason)
        log.warning("the ONNX file is not taken", model=self._source.name, why=reason)
        self._remember(reason)

    def fail(self, error: Exception) -> None:
        """Record that the library's own network stays, after an unexpected error; one after the export refuses its file
        at later starts too."""
        self.set("failed", reason(error))
        log.error("the ONNX file is not taken", model=self._source.name, why=self.reason, exc_info=error)
        self._remember(self.reason)

    def _remember(self, reason: str) -> None:
        """Refuse the exported file at later starts, which would load it without comparing its answers."""
        from .onnx.store import refuse

        with contextlib.suppress(OSError):  # no room to write it: the next start loads the file
            if self._mark is not None:
                refuse(self._mark, reason)

    def set(self, state: OptimizationState, reason: str = "") -> None:
        """The state, here and in the metrics, unless it has stopped: the metrics may have forgotten the model."""
        self.state, self.reason = state, clean(reason)
        if not self._in_background.is_stopped:
            self._metrics.set_optimization(state)

    def stop(self) -> None:
        """End an export that runs, at once, and begin none."""
        self._in_load.stop()
        self._in_background.stop()


def _name_of(kind: type[AnyPipeline]) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"
