"""The figures of `growth` as tables: docs/growth/README.md from the JSON files beside it (`make docs`)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Size = dict[str, Any]
PAGE = Path("growth", "README.md")
ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
BY_INDEX = ("tag of", "key of", "model of", "name:", "gateways", "counts")
"""How questions begin that an index answers."""

_HEAD = """\
# Growth: the figures

Written by `make docs` from the files beside this page. What they mean, and the commands that made them, are in
[More than one machine](../scaling.md#growth).
"""


def ratio(pair: dict[str, float]) -> float:
    """How many times the small store's."""
    grown, small = pair["grown"], pair["small"]
    return grown / small if small else 0.0


def slowest(size: Size, *beginnings: str) -> float:
    """Of the questions that begin so, the slowest in milliseconds."""
    pairs: dict[str, dict[str, float]] = size["ms"]
    return max(pair["grown"] for name, pair in pairs.items() if name.startswith(beginnings))


def slowest_ratio(size: Size, beginning: str) -> float:
    """Of the questions that begin so, the largest ratio to the small store."""
    return max(ratio(p) for name, p in size["ms"].items() if name.startswith(beginning))


def _of_100_000(size: Size, beginning: str) -> float:
    return slowest(size, beginning) / float(size["of_big_tenant"]) * 1e5


ROWS: tuple[tuple[str, str, Callable[[Size], float]], ...] = (
    ("durable creates a second, times those at 10,000", ".2f",
     lambda s: ratio(s["creates_a_second"])),
    ("p99 of creates, times that at 10,000", ".2f", lambda s: ratio(s["creates_p99_ms"])),
    ("CPU of the server process a create, times that at 10,000", ".2f",
     lambda s: ratio(s["creates_cpu_us"])),
    ("CPU of the database server a create, times that at 10,000", ".2f",
     lambda s: ratio(s["creates_database_cpu_us"])),
    ("by handle, slowest dialect, times that at 10,000", ".2f",
     lambda s: slowest_ratio(s, "by handle")),
    ("first page of 20, slowest dialect, ms", ".1f", lambda s: slowest(s, "first page")),
    ("deepest page of 20, slowest dialect, ms", ".1f", lambda s: slowest(s, "deepest page")),
    ("any filter by an index, first or deepest page, slowest dialect, ms", ".1f",
     lambda s: slowest(s, *BY_INDEX)),
    ("part of a name that one has, ms", ",.0f", lambda s: slowest(s, "part of a name, of one")),
    ("the same for each 100,000 products of the tenant, ms", ",.0f",
     lambda s: _of_100_000(s, "part of a name, of one")),
    ("every document read, for each 100,000 products of the tenant, ms", ",.0f",
     lambda s: _of_100_000(s, "device type")),
    ("bytes a product on disk", ",.0f", lambda s: float(s["bytes_a_product"])),
    ("memory of the server process, MB", ".0f", lambda s: float(s["server_rss_mb"]["grown"])),
)  # fmt: skip
"""What a row says, how its numbers are written, and where they come from."""


def sizes_in(folder: Path) -> list[Size]:
    """The sizes of every file, each engine's each once and in order; the first file has them first."""
    found: dict[tuple[str, int], Size] = {}
    for file in sorted(folder.glob("*.json")):
        for size in json.loads(file.read_bytes())["sizes"]:
            found.setdefault((size["engine"], size["products"]), size)
    return [found[key] for key in sorted(found)]


def page(sizes: Sequence[Size]) -> str:
    """The page, a table for each engine."""
    parts = [_HEAD]
    for engine, title in ENGINES.items():
        own = [size for size in sizes if size["engine"] == engine]
        lines = [
            f"## {title}",
            "| products | " + " | ".join(f"{size['products']:,}" for size in own) + " |",
            "|---|" + "---:|" * len(own),
        ]
        for name, written, value in ROWS:
            figures = [value(size) for size in own]
            if any(figures):
                cells = (format(figure, written) for figure in figures)
                lines.append(f"| {name} | " + " | ".join(cells) + " |")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
