"""Curves from the figures of `growth`, as one SVG: `python -m bench.plot DIRECTORY` (`make plots`).

Reads every JSON file of the directory and writes growth.svg beside them. Needs matplotlib
alone, which has an environment of its own (requirements/plot.txt): what measures is not imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt

from bench.growth_page import BY_INDEX, Size, ratio, sizes_in, slowest, slowest_ratio

COLOURS = {"sqlite": "#1f6f8b", "postgresql": "#b5541c"}
LINES = ("-", "--", ":")


Curve = tuple[str, Callable[[Size], float]]
PANELS: tuple[tuple[str, str, bool, float | None, tuple[Curve, ...]], ...] = (
    (
        "durable creates, 64 connections", "times those of 10,000 products", False, 0.6,
        (("rate", lambda s: ratio(s["creates_a_second"])),),
    ),
    (
        "product by handle, slowest dialect", "times that of 10,000 products", False, 2.0,
        (("time", lambda s: slowest_ratio(s, "by handle")),),
    ),
    (
        "lists of 20, slowest dialect", "ms", True, 5.0,
        (
            ("first page", lambda s: slowest(s, "first page")),
            ("deepest page", lambda s: slowest(s, "deepest page")),
            ("filter by an index",
             lambda s: slowest(s, *BY_INDEX)),
        ),
    ),
    (
        "filters that grow", "ms", True, None,
        (
            ("part of a name", lambda s: slowest(s, "part of a name, of one")),
            ("every document", lambda s: slowest(s, "device type")),
        ),
    ),
    (
        "on disk", "bytes a product", False, 1200.0,
        (("bytes", lambda s: float(s["bytes_a_product"])),),
    ),
    (
        "memory of the server process", "MB", False, None,
        (("resident", lambda s: float(s["server_rss_mb"]["grown"])),),
    ),
)  # fmt: skip
"""Title, what is counted, whether in powers of ten, the goal, and the curves."""


def draw(sizes: Sequence[Size], file: Path) -> None:
    """Nothing; the file has the curves of all engines."""
    plt.rcParams.update({"svg.hashsalt": "entrepot", "svg.fonttype": "none", "font.size": 9})
    figure, places = plt.subplots(2, 3, figsize=(12, 6.6), layout="constrained")
    for place, (title, unit, powers, goal, curves) in zip(places.flat, PANELS, strict=True):
        for engine, colour in COLOURS.items():
            own = sorted(
                (s for s in sizes if s["engine"] == engine), key=lambda s: int(s["products"])
            )
            for line, (name, value) in zip(LINES, curves, strict=False):
                label = engine if len(curves) == 1 else f"{engine}, {name}"
                x, y = [s["products"] for s in own], [value(s) for s in own]
                if own:
                    place.plot(x, y, line, color=colour, marker="o", markersize=3, label=label)
        if goal is not None:
            place.axhline(goal, color="#888888", linewidth=0.8)
            place.annotate(
                "goal", (1, goal), xycoords=("axes fraction", "data"), ha="right", va="bottom",
                color="#666666", fontsize=8,
            )  # fmt: skip
        place.set(title=title, ylabel=unit, xscale="log", xlabel="products")
        if powers:
            place.set_yscale("log")
        else:
            place.set_ylim(bottom=0)
        place.legend(fontsize=7, frameon=False)
        place.spines[["top", "right"]].set_visible(False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    folder = Path(sys.argv[1])
    draw(sizes_in(folder), folder / "growth.svg")


if __name__ == "__main__":
    main()
