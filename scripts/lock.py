"""`lock`: requirements written by hand, resolved to versions with hashes, without addresses, for every Python."""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inference_common.tasks import TASKS

from . import bases, generate
from .images import ROOT, Library, libraries, library
from .torch_files import CHOSEN_LATER, FAMILY, TORCH

COMMON = ROOT / "common" / "pyproject.toml"
OLDEST_PYTHON = "3.11"
KEPT = ("nvidia-ml-py==",)
"""Packages that stay in a lock: pure Python in spite of a name like those of torch's own requirements."""
OPTIONS = ("--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate")
NO_ADDRESS = ("--no-emit-index-url", "--no-emit-find-links")


@dataclass(frozen=True)
class Lock:
    """One locked file; `sources` are the files it is resolved from, `options` are the resolver's."""

    file: Path
    sources: Sequence[Path]
    options: Sequence[str] = ()
    with_torch: bool = field(default=False)

    @property
    def digest(self) -> str:
        """A digest of the sources and options; a lock that holds another one is out of date."""
        files = [*self.sources, *([TORCH, FAMILY] if self.with_torch else [])]
        parts = [*(file.read_bytes() for file in files), " ".join(self.options).encode()]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]

    @property
    def state(self) -> str:
        """`locked`, `out of date` or `missing`."""
        if not self.file.is_file():
            return "missing"
        return "locked" if f"# asked: {self.digest}" in self.file.read_text().splitlines()[:1] else "out of date"


def of_library(known: Library) -> Lock:
    """A library's lock: its own requirements, those of the shared package, and of the codecs its tasks need."""
    codecs = [codec for task in known.tasks for codec in (TASKS[task].input, TASKS[task].output)]
    extras = sorted({extra for codec in codecs if (extra := codec.extra) is not None})
    options = [part for extra in extras for part in ("--extra", extra)]
    unused = known.folder / "overrides.txt"
    options += ["--override", str(unused.relative_to(ROOT))] if unused.is_file() else []
    sources = [COMMON, known.folder / "requirements.in", *([unused] if unused.is_file() else [])]
    return Lock(known.lock, sources, options, with_torch=known.needs_torch)


def of_tools() -> Iterator[Lock]:
    """The locks of what tests, measures and installs."""
    for source in sorted((ROOT / "common").glob("*.in")):
        yield Lock(source.with_suffix(".txt"), [source])
    group = ("--group", f"{ROOT / 'pyproject.toml'}:dev", "--all-extras")
    yield Lock(ROOT / "tests" / "requirements.txt", [COMMON], [part.replace(f"{ROOT}/", "") for part in group])
    for source in sorted((*ROOT.glob("tests/*/*.in"), *ROOT.glob("scripts/benchmarks/*/*.in"))):
        yield Lock(source.with_suffix(".txt"), [source], with_torch="torch" in source.read_text().split())


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("lock", help="resolve requirements to versions with hashes")
    verb.add_argument("library", nargs="*", metavar="LIB", help="only these libraries (default: all, and the tools)")
    verb.add_argument("--upgrade", action="store_true", help="take the newest versions, not those of the lock")
    verb.add_argument("--bases", action="store_true", help="instead, renew the digests of the base images")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the locks, or the digests of the base images; a resolver that fails has printed why."""
    if arguments.bases:
        for file in bases.dockerfiles():
            bases.renew(file)
        return generate.run(arguments)
    chosen = [library(name) for name in arguments.library]
    locks = [of_library(known) for known in chosen or libraries()] + ([] if chosen else list(of_tools()))
    for one in locks:
        print(f"Locking {one.file.relative_to(ROOT)} ...", flush=True)
        write(one, upgrade=arguments.upgrade)
    return 0


def write(one: Lock, *, upgrade: bool = False) -> None:
    """Resolve and write one lock. Raises SystemExit when the resolver fails."""
    with tempfile.TemporaryDirectory() as folder:
        resolved = Path(folder) / "requirements.txt"
        if one.file.is_file():
            resolved.write_bytes(one.file.read_bytes())  # the resolver keeps these versions where it can
        command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *NO_ADDRESS, *one.options]
        command += ["--python-version", OLDEST_PYTHON, *(["--upgrade"] if upgrade else [])]
        command += ["--constraint", str(TORCH), "--constraint", str(FAMILY)] if one.with_torch else []
        command += ["--output-file", str(resolved), *(str(file) for file in one.sources if file.suffix != ".txt")]
        if subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
            raise SystemExit(f"{one.file.relative_to(ROOT)} could not be resolved; the lines above say why.")
        blocks = _blocks(resolved.read_text())
    kept = [block for block in blocks if not one.with_torch or block.startswith(KEPT) or not CHOSEN_LATER.match(block)]
    one.file.write_text(f"# asked: {one.digest}\n{''.join(kept)}")
    if one.with_torch and one.file.name == "requirements.txt":
        _write_family(one.file.with_name("torch.txt"), blocks)


def _write_family(file: Path, blocks: Sequence[str]) -> None:
    """Those of torch's family that were resolved, for an install that chooses their builds as it does torch's."""
    family = [line for line in FAMILY.read_text().split() if any(block.startswith(line) for block in blocks)]
    if family:
        file.write_text("".join(f"{line}\n" for line in family))
    else:
        file.unlink(missing_ok=True)


def _blocks(text: str) -> list[str]:
    """Each requirement with its lines of hashes."""
    return re.findall(r"^\w.*\n(?:[ \t]+.*\n)*", text, re.MULTILINE)
