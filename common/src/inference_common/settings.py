"""Settings: the only reader of the environment."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from .http import names
from .source import Optimize
from .task import Limits
from .units import MIB


def _hosts(setting: str) -> str:
    names.hosts(setting)
    return setting


def _origins(setting: str) -> str:
    names.origins(setting)
    return setting


class Settings(BaseSettings):
    """What an operator can set, each by the environment variable of its name in capitals (`MODEL_ID`, `PORT`, ...)."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    model_id: str | None = Field(
        default=None,
        description="Hub id (`org/name`, `org/name@revision`) or a folder; without it, any model is loaded on demand",
    )
    task: str | None = Field(
        default=None, description="the task answered at `/`; read from the model card when not set"
    )
    revision: str | None = Field(default=None, description="branch, tag or commit of the Hub repository")
    hf_token: SecretStr | None = Field(
        default=None, description="the server's own Hub token, for gated or private models"
    )
    api_key: SecretStr | None = Field(
        default=None,
        description="key that every request but those for health, metrics and docs must give as `Authorization: Bearer"
        " KEY` (401 without it)",
    )
    shared_models: str = Field(
        default="",
        description="patterns (`org/*`, with commas) of private or gated models that `HF_TOKEN` opens, for anyone to"
        " use; the others need `API_KEY`, or a caller's own Hub token that opens them",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|mps|cuda(:\d{1,3})?)$",
        description="`auto` (a GPU that torch can use, else the CPU), `cpu`, `cuda`, `cuda:1`, `mps`",
    )
    optimize: Optimize = Field(
        default="auto",
        description="on a CPU: `none`, the library's own network; `auto`, at first the same, then an ONNX file exported"
        " and verified meanwhile; `onnx`, the file from the start, which waits for that; `int8`, quantized as well",
    )

    host: str = Field(default="127.0.0.1", description="address to listen on (the images set `0.0.0.0`)")
    port: int = Field(
        default=8000, ge=0, le=65535, description="port to listen on (the images set 80; 0 takes a free one)"
    )
    max_connections: int | None = Field(
        default=None,
        gt=0,
        description="most open connections; past it, the oldest that have no whole request are closed (default: three"
        " quarters of the file descriptors there may be, at most 4096)",
    )
    keep_alive_timeout: float = Field(
        default=75.0,
        gt=0,
        description="seconds a connection is kept open between two requests; longer than clients and proxies keep"
        " theirs, or a request may meet the closing of its connection",
    )
    allowed_hosts: Annotated[str, AfterValidator(_hosts)] = Field(
        default="*",
        description="names (`a.org`, `*.a.org`, with commas) that a request's Host may be (400 for others); probes may"
        " come by any",
    )
    cors_origins: Annotated[str, AfterValidator(_origins)] = Field(
        default="*",
        description="origins (`https://a.org`, with commas) whose web pages may call this server (403 for others)",
    )
    log_format: Literal["plain", "json"] = Field(default="plain", description="log lines for people or for machines")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe line to log"
    )
    grace_seconds: float = Field(
        default=30.0, ge=0, description="on SIGTERM, how long work in flight may take to finish"
    )

    max_body_bytes: int = Field(default=32 * MIB, gt=0, description="largest request body, in bytes (413 past it)")
    max_inputs: int = Field(default=1024, gt=0, description="most texts in one request (413 past it)")
    max_characters: int = Field(default=1_000_000, gt=0, description="most characters in one request (413 past it)")
    max_pixels: int = Field(
        default=64_000_000, gt=0, description="most pixels of one image or video frame (413 past it)"
    )
    max_seconds: float = Field(default=1800.0, gt=0, description="most seconds of one audio or video (413 past it)")
    max_memory_mib: int | None = Field(
        default=None, gt=0, description="memory for models loaded on demand, in MiB (default: 70 % of what there is)"
    )
    max_gpu_memory_mib: int | None = Field(
        default=None, gt=0, description="the same of the GPU's memory (default: 70 % of the GPU's)"
    )
    max_request_memory_mib: int | None = Field(
        default=None,
        gt=0,
        description="memory for requests in flight, all together, in MiB: bodies, decoded inputs, calls, answers (429"
        " past it, 413 where one alone is; default: 20 % of what there is)",
    )
    max_disk_mib: int | None = Field(
        default=None,
        gt=0,
        description="disk for models fetched on demand, in MiB, more than MAX_MEMORY_MIB; those used longest ago make"
        " room (default: 80 % of the cache's file system)",
    )
    trusted_models: str = Field(
        default="",
        description="patterns (`org/*`, `org/name@v1`, with commas) of models to load on demand though their files can"
        " run code; never what others than the owner published, as a pull request",
    )
    allow_pull_requests: bool = Field(
        default=False,
        description="load on demand also revisions that others than a repository's owner can write: `refs/pr/*`,"
        " `refs/convert/*`, commits of no branch or tag",
    )
    max_loading: int = Field(
        default=8, gt=0, description="most models that are downloaded and loaded on demand at a time (429 past it)"
    )
    max_new_tokens: int = Field(
        default=2048, gt=0, description="most tokens of one answer; who asks for more gets so many, and a warning"
    )
    max_queue: int = Field(
        default=2048,
        gt=0,
        description="most inputs waiting for the model (429 past it); a quarter more for callers with few",
    )
    max_wait: float = Field(
        default=120.0, gt=0, description="seconds an input may be expected to wait for the model (429 past it)"
    )
    max_batch_size: int = Field(
        default=256, gt=0, description="most inputs in one call of the model; each pipeline also has its own limit"
    )
    header_timeout: float = Field(
        default=10.0, gt=0, description="seconds a caller has to send the headers of a request (408 past it)"
    )
    body_timeout: float = Field(default=30.0, gt=0, description="seconds a caller has to send its body (408 past it)")
    timeout: float = Field(
        default=120.0,
        gt=0,
        description="seconds an answer may take since its request came, loading the model not counted (504 past it)",
    )
    load_wait: float = Field(
        default=120.0, ge=0, description="seconds a request is held while the model loads (503 past it)"
    )
    load_timeout: float = Field(
        default=300.0,
        gt=0,
        description="seconds a model that is loaded on demand may take for that once its files are there (500 past it)",
    )

    @property
    def limits(self) -> Limits:
        """What one request may hold."""
        return Limits(self.max_inputs, self.max_characters, self.max_pixels, self.max_seconds, self.max_new_tokens)

    @model_validator(mode="after")
    def _one_request_fits_the_queue(self) -> Self:
        if self.max_inputs > self.max_queue:
            raise ValueError("MAX_INPUTS must not be above MAX_QUEUE, or the largest request could never be queued")
        return self
