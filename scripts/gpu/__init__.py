"""Verify the servers on a GPU machine: packed here by `./manage.py gpu`, run there by `python3 -m scripts.gpu`.

That machine needs Python with torch, and no network: all other packages are in one archive, and the models are
made on the spot, of random weights.
"""

from pathlib import Path

LIBRARIES = ("sentence_transformers", "timm", "transformers")
"""The libraries that are verified."""

PACKAGES = Path(__file__).resolve().parents[2] / ".gpu" / "packages.tar.xz"
"""Where the archive of packages lies."""
