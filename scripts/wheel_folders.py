"""The folders of wheels that the user's installers are configured to read."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def wheel_folders() -> tuple[list[Path], list[Path]]:
    """The folders that `UV_FIND_LINKS` and pip's configuration (its files and its environment) name, and the files
    that pip reads its configuration from, whether they exist or not."""
    command = [sys.executable, "-m", "pip", "config", "list", "--verbose"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    files = [Path(ast.literal_eval(name)) for name in re.findall(r"will try loading ('.*')$", listed, re.MULTILINE)]
    places = os.environ.get("UV_FIND_LINKS", "").replace(",", " ").split()
    for value in re.findall(r"^\S+\.find-links=('.*')$", listed, re.MULTILINE):
        places += ast.literal_eval(value).split()
    folders = [_folder(place) for place in dict.fromkeys(places)]
    return [folder for folder in folders if folder.is_dir()], files


def _folder(place: str) -> Path:
    return Path(url2pathname(urlsplit(place).path)) if place.startswith("file:") else Path(place).expanduser()
