"""`plot.py FOLDER`: SVG files of what standard input tells, as report.py writes it."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot

matplotlib.use("svg")
STYLE = {"svg.hashsalt": "bench", "svg.fonttype": "none", "axes.spines.top": False, "axes.spines.right": False}


def draw(plot: dict[str, Any], folder: Path) -> None:
    """One file. It carries the digest of what it shows, so that a test can tell whether it is in step."""
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
        for series in plot["series"]:
            if series["points"]:
                places, middles, lows, highs = zip(*series["points"], strict=True)
                (line,) = axes.plot(places, middles, marker="o", label=series["name"])
                axes.fill_between(places, lows, highs, color=line.get_color(), alpha=0.15, linewidth=0)
        axes.set(title=plot["title"], xlabel=plot["x"], ylabel=plot["y"])
        axes.set_xlim(left=0)
        if plot["log"]:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize="small")
        digest = hashlib.sha256(json.dumps(plot, sort_keys=True).encode()).hexdigest()
        figure.savefig(folder / f"{plot['name']}.svg", metadata={"Date": None, "Description": digest})
        pyplot.close(figure)


if __name__ == "__main__":
    for one in json.load(sys.stdin):
        draw(one, Path(sys.argv[1]))
