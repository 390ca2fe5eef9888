"""Moving an installation from one engine to another, row by row; knows no SQL.

Documents are the same bytes in every engine. Labels and totals follow from them, so they are made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from entrepot.core.kinds import KINDS, Kind
from entrepot.store.rows import LABELLED, label_rows, unpack

Row = tuple[Any, ...]
Progress = Callable[[str, int], None]  # which table, how many rows more

BLOCK = 2000
MARK = "copying"
OWN_NAMES = (MARK, "next_id", "schema")  # what an engine remembers for itself


@dataclass(frozen=True, slots=True)
class Table:
    """What is moved: rows in the order of their first `key` columns."""

    name: str
    columns: tuple[str, ...]
    key: int
    kind: Kind | None = None


TABLES: tuple[Table, ...] = (
    *(Table(k.name, ("tenant", "id", "parent", "document"), 2, k) for k in KINDS),
    Table("claim", ("tenant", "hash", "holder"), 2),
    Table("audit", ("tenant", "thing", "revision", "document"), 3),
    Table("meta", ("name", "value"), 1),  # last: who has the root is complete but for the check
)


class StoreRows(Protocol):
    """A store's rows, to read or to fill."""

    def count(self, table: Table) -> int:
        """How many rows there are."""
        ...

    def block(self, table: Table, after: Row | None) -> list[Row]:
        """The next rows behind the key, at most `BLOCK`; of meta all but `OWN_NAMES`."""
        ...

    def recall(self, name: str) -> bytes | None:
        """What is kept under the name in meta."""
        ...

    def write(self, table: Table, rows: list[Row], mark: bytes) -> None:
        """Keep the rows, and the mark under `MARK`, both or neither."""
        ...

    def next_id(self) -> int:
        """The number that nothing has yet."""
        ...

    def finish(self, next_id: int) -> None:
        """Count the totals and go on with this number."""
        ...

    def release(self) -> None:
        """Forget the mark: from now on it is a store like any other."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Position(msgspec.Struct, frozen=True, array_like=True):
    """How far a copy has come: behind which row of which table, from which installation."""

    source: bytes
    table: str = ""
    after: tuple[Any, ...] | None = None


def copy(
    source: StoreRows, target: StoreRows, progress: Progress = lambda table, rows: None
) -> int:
    """How many rows the target did not have yet; it has them all, in the order of `TABLES`.

    Cut off, it goes on where it was. `compare` and `StoreRows.release` end it.

    Raises:
        ValueError: the target holds something else, or the source holds nothing.
    """
    root = source.recall("root")
    if root is None:
        raise ValueError("there is nothing to copy: no server was ever started on the source")
    fingerprint = hashlib.blake2b(root, digest_size=16).digest()
    position = _position(target, fingerprint)
    copied = 0
    names = [table.name for table in TABLES]
    first = names.index(position.table) if position.table else 0
    for table in TABLES[first:]:
        after = position.after if table.name == position.table else None
        while rows := source.block(table, after):
            after = rows[-1][: table.key]
            mark = msgspec.msgpack.encode(Position(fingerprint, table.name, after))
            target.write(table, rows, mark)
            copied += len(rows)
            progress(table.name, len(rows))
    target.finish(source.next_id())
    return copied


def _position(target: StoreRows, fingerprint: bytes) -> Position:
    mark = target.recall(MARK)
    if mark is None:
        if target.recall("root") is not None:
            raise ValueError("the target holds a store already: name an empty one")
        return Position(fingerprint)
    position = msgspec.msgpack.decode(mark, type=Position)
    if position.source != fingerprint:
        raise ValueError("the target holds the beginning of a copy of another store")
    return position


def compare(
    source: StoreRows, target: StoreRows, progress: Progress = lambda table, rows: None
) -> Iterator[str]:
    """What differs, row by row."""
    for table in TABLES:
        ours, theirs = _rows(source, table), _rows(target, table)
        a, b = next(ours, None), next(theirs, None)
        while a is not None or b is not None:
            key_a, key_b = a and a[: table.key], b and b[: table.key]
            if a == b:
                progress(table.name, 1)
                a, b = next(ours, None), next(theirs, None)
            elif key_b is None or (key_a is not None and key_a < key_b):
                yield f"{table.name} {_named(key_a)} was not copied"
                a = next(ours, None)
            elif key_a is None or key_b < key_a:
                yield f"{table.name} {_named(key_b)} is not in the source"
                b = next(theirs, None)
            else:
                yield f"{table.name} {_named(key_a)} was changed since it was copied"
                a, b = next(ours, None), next(theirs, None)


def _rows(place: StoreRows, table: Table) -> Iterator[Row]:
    after: Row | None = None
    while rows := place.block(table, after):
        yield from rows
        after = rows[-1][: table.key]


def _named(key: Row | None) -> str:
    return "/".join(k.hex() if isinstance(k, bytes) else str(k) for k in key or ())


def labels_in(table: Table, rows: Sequence[Row]) -> Iterator[Row]:
    """Tenant, name, value and owner of every label in rows of the table."""
    if table.kind in LABELLED:
        yield from labels_of_rows(table.kind, rows)


def labels_of_rows(kind: Kind, rows: Sequence[Row]) -> Iterator[Row]:
    """The same, for rows of a kind that has labels."""
    for tenant, id, _, document in rows:
        for name, value in label_rows(unpack(kind.type, document)):
            yield tenant, name, value, id
