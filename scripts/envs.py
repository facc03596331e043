"""A library's own environment: made from its lock, kept in a cache under the lock's hash, shared by every clone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from .images import ROOT, Library

TORCH = ROOT / "common" / "torch.txt"
TICK_SECONDS = 3.0


def cache() -> Path:
    """Where environments and demo models are kept: `INFERENCE_CACHE`, else the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "inference-api"
    return Path(os.environ.get("INFERENCE_CACHE", default))


def python_of(library: Library) -> Path:
    """The interpreter of the library's environment, made first if need be. Raises SystemExit when that fails."""
    later = [TORCH, *([library.torch_family] if library.torch_family.is_file() else [])] if library.needs_torch else []
    return python_with(library.name, library.lock, later)


def python_with(name: str, lock: Path, later: Sequence[Path] = ()) -> Path:
    """The interpreter of an environment of a lock, made first if need be; `later` are files of torch's family, whose
    builds are chosen now. Raises SystemExit when that fails."""
    links = _find_links()
    backend = _torch_backend(links)
    read = [*(file.read_bytes() for file in (lock, *later)), backend.encode(), sys.version.encode()]
    folder = cache() / "envs" / f"{name}-{digest(read)}"
    python = folder / "bin" / "python"
    with made(folder) as missing:
        if missing:
            print(f"Making the environment of {name.replace('_', '-')} (once per lock) ...", flush=True)
            environment = {**os.environ, "UV_COMPILE_BYTECODE": "1", "UV_FIND_LINKS": ",".join(links)}
            uv: list[str | Path] = [sys.executable, "-m", "uv"]
            run_told([*uv, "venv", "--quiet", "--python", sys.executable, folder], environment, folder)
            install: list[str | Path] = [*uv, "pip", "install", "--quiet", "--python", python, "--no-deps"]
            run_told([*install, "--require-hashes", "-r", lock], environment, folder)
            if later:
                chosen: list[str | Path] = ["--torch-backend", backend] if backend else []
                files = [part for file in later for part in ("-r", file)]
                run_told([*install, *chosen, *files], environment, folder)
    return python


def digest(parts: Iterable[bytes]) -> str:
    """A short name of what is given."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


@contextlib.contextmanager
def made(folder: Path) -> Iterator[bool]:
    """Under the folder's lock, whether it must be made; complete from then on, if nothing is raised."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = folder / "complete"
    with FileLock(f"{folder}.lock"):
        missing = not mark.is_file()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
        yield missing
        mark.touch()


def run_told(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path) -> None:
    """Run a command that may take long, telling every few seconds how long it took and how much is there."""
    done = threading.Event()

    def tell() -> None:
        started = time.monotonic()
        while not done.wait(TICK_SECONDS):
            print(f"  ... {time.monotonic() - started:.0f} s, {_megabytes(folder)} MB", flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    status = subprocess.run(list(command), env=dict(environment), check=False).returncode
    done.set()
    teller.join()
    if status:
        shown = " ".join(str(part) for part in command[2:6])
        raise SystemExit(f"`{shown} ...` failed with exit status {status}; the lines above say why.")


def _megabytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += path.lstat().st_size
        except FileNotFoundError:  # an installer moves files while we look
            continue
    return total // 1_000_000


def _find_links() -> list[str]:
    """The wheel folders of the user's pip configuration, which uv does not read."""
    told = os.environ.get("UV_FIND_LINKS", "").replace(",", " ").split()
    return told or os.environ.get("PIP_FIND_LINKS", "").split()


def _torch_backend(links: Sequence[str]) -> str:
    """`TORCH_BACKEND`, else none where a wheel folder has torch, else `cpu`."""
    asked = os.environ.get("TORCH_BACKEND")
    if asked is not None:
        return asked
    version = TORCH.read_text().strip().partition("==")[2]
    has_wheel = any(list(Path(place).glob(f"torch-{version}*.whl")) for place in links if Path(place).is_dir())
    return "" if has_wheel else "cpu"
