"""Finding things by labels and parents in SQLite: the statements that ask for their numbers."""

# ruff: noqa: S608 (what is put into a statement is written here)

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from entrepot.store.rows import FEW, NAMES, SEARCHED

Rows = Callable[[str, tuple[Any, ...]], list[Any]]
Label = tuple[str, str]
Chosen = tuple[str, tuple[Any, ...]]  # a statement that gives numbers, with its values

ARMS = 64  # lists that are merged; SQLite takes 500
_ONE = "SELECT thing FROM label WHERE tenant=? AND name=? AND value=?"
_ANY_OF = "thing FROM label WHERE tenant=? AND (name, value) IN (VALUES {marks})"
_CALLED = (
    f"thing FROM label WHERE tenant=? AND name IN ({','.join('?' * len(SEARCHED))})"
    " AND value LIKE ? ESCAPE '\\'"
)


def labelled_ids(
    rows: Rows, tenant: int, labels: Sequence[Label], before: int, skip: int, limit: int
) -> list[int]:
    """Of the things that have any of the labels: their numbers, newest first.

    The index is in this order for each label, so that only what is skipped and shown is read; of very many
    labels everything is.
    """
    sql, values = _labelled(tenant, labels, " AND thing<?", (before,))
    return [
        id for (id,) in rows(f"{sql} ORDER BY thing DESC LIMIT ? OFFSET ?", (*values, limit, skip))
    ]


def count_labelled(rows: Rows, tenant: int, labels: Sequence[Label]) -> int:
    """How many things have any of the labels, by counting them."""
    sql, values = _labelled(tenant, labels)
    return int(rows(f"SELECT count(*) FROM ({sql})", values)[0][0])


def rows_labelled(rows: Rows, tenant: int, labels: Sequence[Label], most: int) -> int:
    """How many rows the labels have in the index, at most so many."""
    sql, values = _any_of(tenant, labels)
    return int(rows(f"SELECT count(*) FROM (SELECT {sql} LIMIT ?)", (*values, most))[0][0])


def _labelled(
    tenant: int, labels: Sequence[Label], bound: str = "", bounds: tuple[int, ...] = ()
) -> Chosen:
    if len(labels) <= ARMS:
        values = tuple(v for label in labels for v in (tenant, *label, *bounds))
        return " UNION ".join([_ONE + bound] * len(labels)), values
    sql, values = _any_of(tenant, labels)
    return f"SELECT DISTINCT {sql}{bound}", (*values, *bounds)


def _any_of(tenant: int, labels: Sequence[Label]) -> Chosen:
    sql = _ANY_OF.format(marks=", ".join(["(?,?)"] * len(labels)))
    return sql, (tenant, *(v for label in labels for v in label))


def under(kind: str, tenant: int, parents: Sequence[int] | None, before: int) -> Chosen:
    """A statement for the numbers of the kind's things under any of the parents (None: of all), newest first.

    They come from an index alone, so that what is skipped is never read.
    """
    own = f"SELECT id FROM {kind} INDEXED BY {kind}_"
    if parents is None:
        return f"{own}of WHERE tenant=? AND id<? ORDER BY id DESC", (tenant, before)
    if len(parents) <= ARMS:
        one = f"{own}in WHERE tenant=? AND parent=? AND id<?"
        values = tuple(v for parent in parents for v in (tenant, parent, before))
        return " UNION ALL ".join([one] * len(parents)) + " ORDER BY id DESC", values
    marks = ",".join("?" * len(parents))
    sql = f"{own}of WHERE tenant=? AND id<? AND parent IN ({marks}) ORDER BY id DESC"
    return sql, (tenant, before, *parents)


def called_ids(
    rows: Rows, tenant: int, mark: str, part: str, skip: int, limit: int
) -> tuple[list[int], int]:
    """Of the things with the part in a name: their numbers, newest first; and how many there are.

    `mark`: what the names of labels of their kind begin with.
    """
    small = part.casefold()
    for special in "\\%_":
        small = small.replace(special, "\\" + special)
    values = (tenant, *(mark + name for name in SEARCHED), f"%{small}%")
    few = rows(f"SELECT DISTINCT {_CALLED} LIMIT ?", (*values, FEW + 1))
    if len(few) <= FEW:
        found = sorted((id for (id,) in few), reverse=True)
        return found[skip : skip + limit], len(found)
    # Whoever has one name is found once: only further ones are reason to remember all of them.
    several = rows("SELECT 1 FROM label WHERE tenant=? AND name=? LIMIT 1", (tenant, mark + NAMES))
    each = f"SELECT {'DISTINCT ' if several else ''}{_CALLED}"
    total = rows(f"SELECT count(*) FROM ({each})", values)[0][0]
    page = rows(f"{each} ORDER BY thing DESC LIMIT ? OFFSET ?", (*values, limit, skip))
    return [id for (id,) in page], int(total)
