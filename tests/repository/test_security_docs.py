"""docs/security.md names settings and constants that exist, and every setting that bounds or admits something."""

from __future__ import annotations

import re

from inference_common.settings import Settings

from scripts.images import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[A-Z]{4,})(?==|`)")
SETTINGS = {name.upper() for name in Settings.model_fields}
BOUNDS = {name for name in SETTINGS if re.match(r"MAX_|ALLOW|.*TIMEOUT|.*_MODELS$", name)}
ADMITS = {"API_KEY", "CORS_ORIGINS", "HF_TOKEN", "MODEL_ID", "REVISION", "LOAD_WAIT", "GRACE_SECONDS"}
OF_THE_HUB_CLIENT = {"HF_HOME", "HF_ENDPOINT", "HF_HUB_OFFLINE"}
IN_PROSE = {"CAPITALS", "OPTIONS", "KEY"}


def test_settings_and_constants_that_it_names_exist() -> None:
    named = set(NAME.findall(TEXT)) - OF_THE_HUB_CLIENT - IN_PROSE
    assert len(named) > len(BOUNDS)
    missing = named - SETTINGS - constants()
    assert missing == set()


def test_every_setting_that_bounds_or_admits_is_named() -> None:
    assert ADMITS <= SETTINGS
    missing = {name for name in BOUNDS | ADMITS if not re.search(rf"\b{name}\b", TEXT)}
    assert missing == set()


def constants() -> set[str]:
    """Names in capitals that a module of the shared package sets."""
    found: set[str] = set()
    for file in (ROOT / "common" / "src").rglob("*.py"):
        for names in re.findall(r"^([A-Z][A-Z0-9_, ]*)(?::[^=]+)? = ", file.read_text(encoding="utf-8"), re.MULTILINE):
            found |= {name.strip() for name in names.split(",")}
    return found
