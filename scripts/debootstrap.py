"""A Debian system with Python as a tar archive, made by debootstrap once and kept under a key of its inputs."""

from __future__ import annotations

import shutil
import ssl
from pathlib import Path

from . import apt, progress
from .cache import cache, digest, made

PACKAGES = ("debootstrap", "debian-archive-keyring")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
"""Debian's file of certificate authorities, inside the image."""
INCLUDED = ("ca-certificates", "python3", "python3-venv")
VARIABLES = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "PIP_CERT": BUNDLE, "SSL_CERT_FILE": BUNDLE}
LEFT_OUT = ("usr/share/info", "usr/share/locale", "usr/share/man", "var/lib/apt/lists", "var/cache/apt")
"""Folders emptied, as Debian's own slim images do."""


def archive(release: str) -> Path:
    """The archive of a release of Debian, with this machine's certificate authorities. Needs root."""
    bundle = Path(ssl.get_default_verify_paths().cafile or BUNDLE)
    authorities = bundle.read_bytes() if bundle.is_file() else b""
    folder = cache() / "base" / digest([release.encode(), authorities, Path(__file__).read_bytes()])
    with made(folder) as missing:
        if missing:
            if shutil.which("debootstrap") is None:
                apt.install(PACKAGES)
            folder.mkdir()
            with progress.step(f"Making a base image of Debian {release} with debootstrap (once)"):
                _make(folder / "root.tar", release, authorities)
    return folder / "root.tar"


def _make(archive: Path, release: str, authorities: bytes) -> None:
    root = archive.with_name("root")
    options = ["--variant=minbase", "--force-check-gpg", f"--include={','.join(INCLUDED)}"]
    progress.run(["debootstrap", *options, release, root, *apt.mirrors(release)[:1]])
    if authorities:
        Path(f"{root}{BUNDLE}").write_bytes(authorities)
    _leave_out(root)
    progress.run(["tar", "-C", root, "-c", "-f", archive, "."])
    shutil.rmtree(root)


def _leave_out(root: Path) -> None:
    for folder in LEFT_OUT:
        shutil.rmtree(root / folder)
        (root / folder).mkdir()
    for file in (root / "usr/share/doc").rglob("*"):
        if not file.is_dir() and file.name != "copyright":
            file.unlink()
