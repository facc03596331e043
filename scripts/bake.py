"""The bake file: the same builds as `build`, for `docker buildx bake`, derived from the folders."""

from __future__ import annotations

from .build import stages
from .build_arguments import ARGUMENTS
from .images import Library, libraries

HEAD = """# Written by `./manage.py generate` from docker_images/; do not edit.
# `docker buildx bake LIB` builds one image, `docker buildx bake` all of them; what they stand on comes along.
variable "PREFIX" {
  default = ""
}
variable "TAG" {
  default = "latest"
}
"""


def bake_file() -> str:
    """The text of docker-bake.hcl."""
    known = libraries()
    parts = [HEAD, *(_variable(name) for name in ARGUMENTS)]
    parts.append(_block("group", "default", [f"targets = [{', '.join(quoted(k.hub_name) for k in known)}]"]))
    common = sorted({stage for one in known for stage in stages(one)})
    parts += [_stage(stage) for stage in common]
    parts += [_library(one) for one in known]
    return "".join(parts)


def quoted(text: str) -> str:
    """A string of HCL; ours hold no character that it would escape."""
    return f'"{text}"'


def _variable(name: str) -> str:
    # Null leaves the Dockerfile's own default.
    return _block("variable", name, ["default = null"])


def _stage(stage: str) -> str:
    arguments = [f"    {name} = {name}" for name in ARGUMENTS]
    lines = ['context = "common"', f"target = {quoted(stage)}", "args = {", *arguments, "  }"]
    return _block("target", stage, lines)


def _library(known: Library) -> str:
    needed = [f'    inference-{stage} = "target:{stage}"' for stage in ("tools", "common", known.base.split("-", 1)[1])]
    lines = [
        f"context = {quoted(f'docker_images/{known.context.name}')}",
        f"dockerfile = {quoted(str((known.folder / 'Dockerfile').relative_to(known.context)))}",
        "contexts = {",
        *needed,
        "  }",
        f'tags = ["${{PREFIX}}{known.image}:${{TAG}}"]',
    ]
    return _block("target", known.hub_name, lines)


def _block(kind: str, name: str, lines: list[str]) -> str:
    inside = "".join(f"  {line.strip()}\n" if not line.startswith("    ") else f"{line}\n" for line in lines)
    return f"{kind} {quoted(name)} {{\n{inside}}}\n"
