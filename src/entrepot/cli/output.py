"""Tables for people and JSON for programs; knows nothing of what it prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TextIO


def print_json(value: Any) -> None:
    """The value as indented JSON on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str = "",
    file: TextIO | None = None,
) -> None:
    """A table, on standard output unless told otherwise; into a file or a pipe it is never wrapped or cut."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        *columns,
        title=title or None,
        title_justify="left",
        show_header=any(columns),
        box=box.SIMPLE_HEAD,
    )
    for row in rows:
        table.add_row(*(Text(_plain(cell), overflow="fold") for cell in row))
    file = file or sys.stdout
    console = Console(file=file) if file.isatty() else Console(file=file, width=10_000)
    console.print(table)


def print_pairs(pairs: Iterable[tuple[str, Any]], title: str = "") -> None:
    """Names and values, one a line."""
    print_table(("", ""), pairs, title)


def counted(number: int, thing: str) -> str:
    """`1 product`, `2 products`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def moment(ms: int) -> str:
    """The time as 2026-11-22T17:34:39Z."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def flat(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Nested objects as dotted names and values."""
    found: list[tuple[str, Any]] = []
    for name, inner in value.items():
        if isinstance(inner, dict):
            found += flat(inner, f"{prefix}{name}.")
        else:
            found.append((prefix + name, inner))
    return found


def _plain(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, list | tuple):
        return ", ".join(map(str, cell))
    text = "" if cell is None else str(cell)
    # A name may hold anything: nothing of it may steer the terminal.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
