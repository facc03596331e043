"""Validation, serialization and serving shared by every image."""

from . import telemetry  # noqa: F401  # before anything imports a library that reports
from .app import create_app
from .errors import InferenceError, InvalidRequest
from .pipeline import Device, Pipeline
from .settings import Settings
from .source import ModelSource
from .task import Params, Payload, Task
from .tasks import TASKS

__all__ = [
    "TASKS",
    "Device",
    "InferenceError",
    "InvalidRequest",
    "ModelSource",
    "Params",
    "Payload",
    "Pipeline",
    "Settings",
    "Task",
    "create_app",
]
