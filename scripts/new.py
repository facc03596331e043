"""`new`: the folder of a library, whose contract tests run at once and fail saying what to write."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template

from inference_common.tasks import MODULES, TASKS

from . import generate, lock
from .images import IMAGES, ROOT, Library

TEMPLATES = Path(__file__).parent / "template"


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The verb's command line."""
    verb = verbs.add_parser("new", help="begin a library's folder")
    verb.add_argument("name", metavar="LIB", help="its library_name on the Hub")
    verb.add_argument("task", nargs="+", metavar="TASK", help="the tasks it will answer")
    verb.add_argument("--requires", nargs="+", metavar="PACKAGE", help="its packages (default: the one of its name)")
    verb.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the folder, lock it, bring the docs in step, and say what to do next."""
    name = str(arguments.name)
    if not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", name):
        raise SystemExit(f"{name!r} cannot be a library's name; write it in small letters, as the Hub does")
    unknown = sorted(set(arguments.task) - set(TASKS))
    if unknown:
        raise SystemExit(f"There is no task {', '.join(unknown)}; there are: {', '.join(sorted(TASKS))}")
    folder = IMAGES / name.replace("-", "_")
    if folder.exists():
        raise SystemExit(f"{folder.relative_to(ROOT)} exists already; add a task to it as a file of app/pipelines/")
    known = Library(folder.name, folder)
    write(known, arguments.task, arguments.requires or [known.hub_name])
    lock.write(lock.of_library(known))
    generate.run(arguments)
    where = folder.relative_to(ROOT)
    print(f"\nWrote {where}. Now write, in this order:")
    print(f"  1. {where}/models.py        a tiny model of each task, made in seconds")
    print(f"  2. {where}/app/pipelines/   load it, and answer")
    print(f"  3. ./manage.py test {known.hub_name}   until it passes")
    return 0


def write(known: Library, tasks: Sequence[str], packages: Sequence[str]) -> None:
    """Write the files that a person then fills in."""
    base = "inference-torch" if "torch" in packages else "inference-base"
    files = {
        "Dockerfile": _filled("Dockerfile", base=base),
        "requirements.in": "".join(f"{package}\n" for package in packages),
        "app/main.py": _filled("main.py.txt"),
        "models.py": _filled(
            "models.py.txt",
            library=known.hub_name,
            hub="\n".join(f'    "{task}": "",' for task in tasks),
            functions="".join(_model_function(known, task) for task in tasks),
        ),
    }
    for task in tasks:
        path = f"app/pipelines/{task.replace('-', '_')}.py"
        module = next(module for module, members in MODULES.items() if task in members)
        name = "".join(part.capitalize() for part in task.split("-"))
        files[path] = _filled("pipeline.py.txt", task=task, module=module, name=name)
    for path, text in files.items():
        target = known.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def _model_function(known: Library, task: str) -> str:
    told = f"write a tiny model of {task} in docker_images/{known.name}/models.py"
    return f'\n\ndef {task.replace("-", "_")}(folder: Path) -> None:\n    raise NotImplementedError("{told}")\n'


def _filled(template: str, **values: str) -> str:
    return Template((TEMPLATES / template).read_text()).substitute(values)
