"""`python3 -m scripts.gpu --out FOLDER`: unpack the packed packages, then verify the servers with them.

This file needs Python alone: what it unpacks is not there yet.
"""

from __future__ import annotations

import argparse
import compileall
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from . import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 540  # for everything


def main() -> int:
    """Exit status 0 where every check passed, 1 where one did not, 2 where they could not be run."""
    parser = argparse.ArgumentParser(prog="python3 -m scripts.gpu", description="Verify the servers on a GPU.")
    parser.add_argument("--out", type=Path, default=Path("gpu-results"), help="for results")
    parser.add_argument("--packages", type=Path, default=PACKAGES, help="the archive that ./manage.py gpu wrote")
    parser.add_argument(
        "--device", choices=["cpu"], help="a rehearsal without a GPU (default: what the servers choose)"
    )
    parser.add_argument(
        "--small", action="store_true", help="tiny models, short measurements: to try the script itself"
    )
    parser.add_argument("--only", nargs="*", default=[], metavar="MODEL", help="only these models (default: all)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for everything (default: %(default)s)")
    arguments = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="gpu-") as folder:
        site = Path(folder, "packages")
        if not unpack(arguments.packages, site):
            return 2
        path = os.pathsep.join([str(site), str(ROOT), str(ROOT / "common" / "src")])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "", "TMPDIR": folder}
        command = [sys.executable, "-m", "scripts.gpu.verify", "--out", str(arguments.out.resolve())]
        command += ["--work", str(Path(folder, "work"))]
        command += ["--seconds", str(arguments.seconds - (time.monotonic() - begun))]
        command += [*(["--device", arguments.device] if arguments.device else [])]
        command += [*(["--small"] if arguments.small else []), "--only", *arguments.only]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def unpack(archive: Path, site: Path) -> bool:
    """Unpack and compile the packages; whether they are there, and are for this Python."""
    if not archive.is_file():
        print(f"{archive} is not there; write it by ./manage.py gpu where the registry is reached, and copy it here.")
        return False
    with tarfile.open(archive) as tar:
        tar.extractall(site, filter="data")
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}"
    if not any(site.glob(f"pydantic_core/*.{tag}-*")):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        print(f"{archive} is not for this Python: write it by ./manage.py gpu --python {version}")
        return False
    compileall.compile_dir(site, quiet=2, workers=0)
    return True


if __name__ == "__main__":
    sys.exit(main())
