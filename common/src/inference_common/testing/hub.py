"""A small Hub on loopback, which the real `huggingface_hub` client downloads from."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass(frozen=True)
class Repo:
    """A repository: a folder, its branches besides `main`, and the token that opens it when it is gated."""

    folder: Path
    branches: tuple[str, ...] = ()
    token: str | None = None
    private: bool = False

    @property
    def commit(self) -> str:
        """40 hexadecimal digits, the same for every branch."""
        return hashlib.sha1(str(self.folder).encode(), usedforsecurity=False).hexdigest()

    def files(self) -> list[str]:
        """Paths inside the folder, with `/`."""
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())

    def siblings(self) -> list[dict[str, Any]]:
        """The files with their sizes, as a model's entry lists them."""
        return [{"rfilename": name, "size": (self.folder / name).stat().st_size} for name in self.files()]


@dataclass
class Hub:
    """A running server. `requests` lists `METHOD path`; `cut` names files whose download breaks off, so often."""

    repos: Mapping[str, Repo]
    url: str = ""
    requests: list[str] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)

    def downloads(self) -> list[str]:
        """The file bodies that were fetched."""
        return [line for line in self.requests if line.startswith("GET ") and "/resolve/" in line]


class Refused(Exception):
    """The Hub's own refusal: a status and the code its client reads."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@contextlib.contextmanager
def serve_hub(repos: Mapping[str, Repo]) -> Iterator[Hub]:
    """Serve repositories (`org/name` -> Repo) on a free port of 127.0.0.1 until the block ends."""
    hub = Hub(repos)
    config = uvicorn.Config(_app(hub), host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    hub.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield hub
    finally:
        server.should_exit = True
        thread.join()


def _app(hub: Hub) -> Starlette:
    async def info(request: Request) -> Response:
        repo = _repo(hub, request)
        name = _name(request)
        told = {"id": name, "modelId": name, "sha": repo.commit, "siblings": repo.siblings(), "tags": []}
        return JSONResponse({**told, "private": repo.private, "gated": repo.token is not None and "manual"})

    async def tree(request: Request) -> Response:
        return JSONResponse([_entry(_repo(hub, request).folder, name) for name in _repo(hub, request).files()])

    async def resolve(request: Request) -> Response:
        repo, name = _repo(hub, request), request.path_params["file"]
        if name not in repo.files():
            raise Refused(404, "EntryNotFound")
        path = repo.folder / name
        headers = {"X-Repo-Commit": repo.commit, "ETag": f'"{_digest(path)}"'}
        if request.method == "GET" and hub.cut.get(name, 0) > 0:
            hub.cut[name] -= 1
            return _cut_short(path, headers)
        return FileResponse(path, headers=headers)

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        headers = {"X-Error-Code": error.code, "X-Error-Message": error.code}
        return JSONResponse({"error": error.code}, error.status, headers)

    model = "/api/models/{org}/{name}"
    routes = [
        Route(model, info),
        Route(f"{model}/revision/{{revision}}", info),
        Route(f"{model}/tree/{{revision}}", tree),
        Route("/{org}/{name}/resolve/{revision}/{file:path}", resolve, methods=["GET", "HEAD"]),
    ]
    return Starlette(routes=routes, exception_handlers={Refused: refuse})


def _name(request: Request) -> str:
    return f"{request.path_params['org']}/{request.path_params['name']}"


def _repo(hub: Hub, request: Request) -> Repo:
    hub.requests.append(f"{request.method} {request.url.path}")
    repo = hub.repos.get(_name(request))
    if repo is None:
        raise Refused(404, "RepoNotFound")
    told = request.headers.get("authorization", "").removeprefix("Bearer ")
    if repo.token is not None and told != repo.token:
        raise Refused(403 if told else 401, "GatedRepo")
    if request.path_params.get("revision", "main") not in ("main", repo.commit, *repo.branches):
        raise Refused(404, "RevisionNotFound")
    return repo


def _entry(folder: Path, name: str) -> dict[str, Any]:
    path = folder / name
    return {"type": "file", "path": name, "size": path.stat().st_size, "oid": _digest(path)}


def _digest(path: Path) -> str:
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def _cut_short(path: Path, headers: Mapping[str, str]) -> Response:
    """Half a file, told as the whole: the connection breaks."""
    body = path.read_bytes()

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]

    return StreamingResponse(half(), headers={**headers, "content-length": str(len(body))})
