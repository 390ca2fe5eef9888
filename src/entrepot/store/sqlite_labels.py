"""Finding products by their labels in SQLite: the statements that ask for numbers of products."""

# ruff: noqa: S608 (what is put into a statement is written here)

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from entrepot.core.product import NAME
from entrepot.store.rows import FEW, NAMES

Rows = Callable[[str, tuple[Any, ...]], list[Any]]
Label = tuple[str, str]

_ONE = "SELECT product FROM label WHERE tenant=? AND name=? AND value=?"
_CALLED = "product FROM label WHERE tenant=? AND name IN (?,?) AND value LIKE ? ESCAPE '\\'"


def labelled_ids(
    rows: Rows, tenant: int, labels: Sequence[Label], before: int, skip: int, limit: int
) -> list[int]:
    """Of the products that have any of the labels: their numbers, newest first.

    The index is in this order for each label, so that only what is skipped and shown is read.
    """
    one = f"{_ONE} AND product<?"
    values = tuple(v for label in labels for v in (tenant, *label, before))
    sql = " UNION ".join([one] * len(labels)) + " ORDER BY product DESC LIMIT ? OFFSET ?"
    return [id for (id,) in rows(sql, (*values, limit, skip))]


def count_labelled(rows: Rows, tenant: int, labels: Sequence[Label]) -> int:
    """How many products have any of the labels, by counting them."""
    values = tuple(v for label in labels for v in (tenant, *label))
    sql = f"SELECT count(*) FROM ({' UNION '.join([_ONE] * len(labels))})"
    return int(rows(sql, values)[0][0])


def called_ids(rows: Rows, tenant: int, part: str, skip: int, limit: int) -> tuple[list[int], int]:
    """Of the products with the part in a name: their numbers, newest first; and how many there are."""
    small = part.casefold()
    for mark in "\\%_":
        small = small.replace(mark, "\\" + mark)
    values = (tenant, NAME, NAMES, f"%{small}%")
    few = rows(f"SELECT DISTINCT {_CALLED} LIMIT ?", (*values, FEW + 1))
    if len(few) <= FEW:
        found = sorted((id for (id,) in few), reverse=True)
        return found[skip : skip + limit], len(found)
    # Whoever has one name is found once: only further ones are reason to remember all of them.
    several = rows("SELECT 1 FROM label WHERE tenant=? AND name=? LIMIT 1", (tenant, NAMES))
    each = f"SELECT {'DISTINCT ' if several else ''}{_CALLED}"
    total = rows(f"SELECT count(*) FROM ({each})", values)[0][0]
    page = rows(f"{each} ORDER BY product DESC LIMIT ? OFFSET ?", (*values, limit, skip))
    return [id for (id,) in page], int(total)
