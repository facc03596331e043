"""A small Hub on loopback, which the real `huggingface_hub` client downloads from."""

from __future__ import annotations

import contextlib
import hashlib
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .slow import slowly

_MODEL = "/api/models/{org}/{name}"


@dataclass(frozen=True)
class Repo:
    """A repository: a folder, its branches besides `main`, and the token that opens it when it is gated.

    `revisions` are folders of other commits by name: branches, or pull requests (`refs/pr/1`). `past` are those of
    main's earlier commits. A private one is told of to nobody without its token, or one of `readers`. `sizes` are told
    of files instead of their own, `pipeline_tag` of the model as the Hub names its task.
    """

    folder: Path
    branches: tuple[str, ...] = ()
    token: str | None = None
    private: bool = False
    revisions: Mapping[str, Path] = field(default_factory=dict)
    past: tuple[Path, ...] = ()
    readers: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    pipeline_tag: str | None = None

    @property
    def commit(self) -> str:
        """40 hexadecimal digits, the same for every branch."""
        return _commit(self.folder)

    def at(self, revision: str) -> Repo | None:
        """The same repository at another revision, with its files; None where it has none of that name."""
        if revision in ("main", self.commit, *self.branches):
            return self
        commits = {_commit(folder): folder for folder in (*self.revisions.values(), *self.past)}
        folder = {**commits, **self.revisions}.get(revision)
        return None if folder is None else replace(self, folder=folder)

    def refs(self) -> dict[str, list[dict[str, str]]]:
        """As the Hub lists branches; pull requests are only listed where that is asked for."""
        names = {"main": self.folder, **dict.fromkeys(self.branches, self.folder), **self.revisions}
        branches = [
            {"name": name, "ref": f"refs/heads/{name}", "targetCommit": _commit(folder)}
            for name, folder in names.items()
            if not name.startswith("refs/")
        ]
        return {"branches": branches, "tags": [], "converts": []}

    def files(self) -> list[str]:
        """Paths inside the folder, with `/`."""
        return sorted(p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file())

    def siblings(self) -> list[dict[str, Any]]:
        """The files with their sizes, as a model's entry lists them."""
        sizes = {name: (self.folder / name).stat().st_size for name in self.files()}
        return [{"rfilename": name, "size": size} for name, size in {**sizes, **self.sizes}.items()]


@dataclass
class Hub:
    """A running server. `requests` lists `METHOD path`; `cut` names files whose download breaks off, so often.

    Of requests whose path holds a key: `slow` sends a byte of the answer every so many seconds (HANGS: none at all),
    `refused` answers with a status and headers instead.
    """

    repos: Mapping[str, Repo]
    url: str = ""
    requests: list[str] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    refused: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    ended: bool = False

    def downloads(self) -> list[str]:
        """The file bodies that were fetched."""
        return [line for line in self.requests if line.startswith("GET ") and "/resolve/" in line]


class Refused(Exception):
    """The Hub's own refusal: a status and the code its client reads."""

    def __init__(self, status: int, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.headers = status, code, headers or {}


@contextlib.contextmanager
def serve_hub(repos: Mapping[str, Repo]) -> Iterator[Hub]:
    """Serve repositories (`org/name` -> Repo) on a free port of 127.0.0.1 until the block ends."""
    hub = Hub(repos)
    config = uvicorn.Config(
        slowly(_app(hub), hub.slow, lambda: hub.ended), host="127.0.0.1", port=0, log_config=None, lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    hub.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield hub
    finally:
        hub.ended = server.should_exit = True
        thread.join()


def _app(hub: Hub) -> Starlette:
    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        headers = {"X-Error-Code": error.code, "X-Error-Message": error.code} if error.code else {}
        return JSONResponse({"error": error.code}, error.status, {**headers, **error.headers})

    return Starlette(routes=[*_about(hub), *_files(hub)], exception_handlers={Refused: refuse})


def _about(hub: Hub) -> list[Route]:
    """What is told of a repository."""

    async def info(request: Request) -> Response:
        repo, name = _repo(hub, request), _name(request)
        told = {"id": name, "modelId": name, "sha": repo.commit, "siblings": repo.siblings(), "tags": []}
        gated = "manual" if repo.token is not None and not repo.private else False
        tag = {} if repo.pipeline_tag is None else {"pipeline_tag": repo.pipeline_tag}
        return JSONResponse({**told, **tag, "private": repo.private, "gated": gated})

    async def refs(request: Request) -> Response:
        return JSONResponse(_repo(hub, request).refs())

    async def commits(request: Request) -> Response:
        repo = _repo(hub, request)
        return JSONResponse([{"id": _commit(folder)} for folder in (repo.folder, *repo.past)])

    async def check(request: Request) -> Response:
        _repo(hub, request)
        return Response()

    return [
        Route(_MODEL, info),
        Route(f"{_MODEL}/refs", refs),
        Route(f"{_MODEL}/commits/{{revision}}", commits),
        Route(f"{_MODEL}/auth-check", check),
        Route(f"{_MODEL}/revision/{{revision:path}}", info),
    ]


def _files(hub: Hub) -> list[Route]:
    """A repository's files: their list, and each of them."""

    async def tree(request: Request) -> Response:
        repo = _repo(hub, request)
        return JSONResponse([_entry(repo, told) for told in repo.siblings()])

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

    return [
        Route(f"{_MODEL}/tree/{{revision}}", tree),
        Route("/{org}/{name}/resolve/{revision}/{file:path}", resolve, methods=["GET", "HEAD"]),
    ]


def _name(request: Request) -> str:
    return f"{request.path_params['org']}/{request.path_params['name']}"


def _repo(hub: Hub, request: Request) -> Repo:
    hub.requests.append(f"{request.method} {request.url.path}")
    for part, (status, headers) in hub.refused.items():
        if part in request.url.path:
            raise Refused(status, "", headers)
    repo = hub.repos.get(_name(request))
    if repo is None:
        raise Refused(404, "RepoNotFound")
    told = request.headers.get("authorization", "").removeprefix("Bearer ")
    if repo.token is not None and told not in (repo.token, *repo.readers):
        raise Refused(404, "RepoNotFound") if repo.private else Refused(403 if told else 401, "GatedRepo")
    found = repo.at(request.path_params.get("revision", "main"))
    if found is None:
        raise Refused(404, "RevisionNotFound")
    return found


def _entry(repo: Repo, told: Mapping[str, Any]) -> dict[str, Any]:
    path = repo.folder / told["rfilename"]
    return {"type": "file", "path": told["rfilename"], "size": told["size"], "oid": _digest(path)}


def _commit(folder: Path) -> str:
    return hashlib.sha1(str(folder).encode(), usedforsecurity=False).hexdigest()


def _digest(path: Path) -> str:
    return hashlib.sha1(path.read_bytes(), usedforsecurity=False).hexdigest()


def _cut_short(path: Path, headers: Mapping[str, str]) -> Response:
    """Half a file, told as the whole: the connection breaks."""
    body = path.read_bytes()

    async def half() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]

    return StreamingResponse(half(), headers={**headers, "content-length": str(len(body))})
