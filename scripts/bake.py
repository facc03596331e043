"""The bake file: the same builds as `build`, for `docker buildx bake`, derived from the folders."""

from __future__ import annotations

from .bases import python_image
from .images import Library, libraries
from .labels import PREFIX, of_base, of_library
from .stages import ARGUMENTS, stages

HEAD = """# Written by `./manage.py generate` from docker_images/; do not edit.
# `docker buildx bake LIB` builds one image, `docker buildx bake` all of them; what they stand on comes along.
variable "PREFIX" {
  default = ""
}
variable "TAG" {
  default = "latest"
}
# Platforms to build for, with commas; empty: this machine's own.
variable "PLATFORMS" {
  default = ""
}
"""
COMMIT = {"SOURCE": "source", "DOCUMENTATION": "documentation", "REVISION": "revision", "CREATED": "created"}
"""The variables that a release sets beside VERSION, and the label that each is."""


def bake_file() -> str:
    """The text of docker-bake.hcl."""
    known = libraries()
    version = quoted(of_library(known[0])["version"])
    parts = [HEAD, *(_variable(name) for name in (*ARGUMENTS, *COMMIT)), _variable("VERSION", version)]
    parts.append(_block("group", "default", [f"targets = [{', '.join(quoted(k.hub_name) for k in known)}]"]))
    parts.append(_labels())
    parts += [_stage(stage) for stage in sorted(stages(known))]
    parts += [_library(one) for one in known]
    return "".join(parts)


def quoted(text: str) -> str:
    """A string of HCL; ours hold no character that it would escape."""
    return f'"{text}"'


def _variable(name: str, default: str = "null") -> str:
    # Null leaves the Dockerfile's own default, and a label away.
    return _block("variable", name, [f"default = {default}"])


def _labels() -> str:
    """The target that every library's target inherits from: the labels of the base image and of the commit."""
    base = of_base(python_image())
    lines = [
        _label("base.name", f"PYTHON_IMAGE == null ? {quoted(base['base.name'])} : PYTHON_IMAGE"),
        _label("base.digest", f"PYTHON_IMAGE == null ? {quoted(base['base.digest'])} : null"),
        *(_label(label, variable) for variable, label in COMMIT.items()),
        _label("version", "VERSION"),
    ]
    return _block("target", "_labels", ["labels = {", *lines, "  }"])


def _label(name: str, expression: str) -> str:
    return f"    {quoted(f'{PREFIX}{name}')} = {expression}"


def _stage(stage: str) -> str:
    arguments = [f"    {name} = {name}" for name in ARGUMENTS]
    lines = ['context = "common"', f"target = {quoted(stage)}", "args = {", *arguments, "  }"]
    return _block("target", stage, [*lines, _platforms()])


def _library(known: Library) -> str:
    needed = [f'    inference-{stage} = "target:{stage}"' for stage in ("tools", "common", known.base.split("-", 1)[1])]
    own = [_label(name, quoted(value)) for name, value in of_library(known).items() if name != "version"]
    lines = [
        'inherits = ["_labels"]',
        f"context = {quoted(f'docker_images/{known.context.name}')}",
        f"dockerfile = {quoted(str((known.folder / 'Dockerfile').relative_to(known.context)))}",
        "contexts = {",
        *needed,
        "  }",
        "labels = {",
        *own,
        "  }",
        f'tags = ["${{PREFIX}}{known.image}:${{TAG}}"]',
        _platforms(),
    ]
    return _block("target", known.hub_name, lines)


def _platforms() -> str:
    return 'platforms = compact(split(",", PLATFORMS))'


def _block(kind: str, name: str, lines: list[str]) -> str:
    inside = "".join(f"  {line.strip()}\n" if not line.startswith("    ") else f"{line}\n" for line in lines)
    return f"{kind} {quoted(name)} {{\n{inside}}}\n"
