"""From an earlier schema of the store to this release's, in any engine; knows no SQL.

The work is cut into pieces. Each is one transaction that nobody else works in, and begins by reading
how far the work has come: programs that start at once take turns, a killed one leaves a piece to
the next, and a piece of the largest store is as large as one of the smallest (docs/decisions/0060).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import msgspec

from entrepot.core.kinds import Kind
from entrepot.store.rows import LABELLED
from entrepot.store.transfer import Row, labels_of_rows

log = logging.getLogger("entrepot.store")


@dataclass(frozen=True, slots=True)
class Step:
    """One schema: what it brought, and which tables follow from documents otherwise than before."""

    schema: int
    what: str
    anew: tuple[str, ...] = ()  # of INDEXES, and TOTAL


@dataclass(frozen=True, slots=True)
class Index:
    """A table that follows from things that have labels: its columns, and its rows for rows of a kind."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[Kind, Sequence[Row]], Iterator[Row]]


TOTAL = "total"
INDEXES = (Index("label", ("tenant", "name", "value", "thing"), labels_of_rows),)
STEPS = (
    Step(1, "the tables"),
    Step(2, "versions of thing models; totals by blocks of ids; labels", (TOTAL, "label")),
    Step(3, "labels by thing model; on PostgreSQL, the nodes", ("label",)),
    Step(4, "labels by part of a name, kind and key of a tag; totals of labels", (TOTAL, "label")),
    Step(5, "devices"),
    Step(6, "labels of devices; on SQLite, lists of what has a parent", (TOTAL, "label")),
    Step(7, "categories of a tenant's own"),
)
SCHEMA_VERSION = STEPS[-1].schema

MARK = "upgrading"  # in meta, while an upgrade is not done
PIECE_ROWS, PIECE_BYTES = 2000, 8 << 20
_SAID_S = 5.0


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """An upgrade on its way: whence, whither, and behind which thing's tenant and id it is.

    `kind`: how many of `LABELLED` it has gone through.
    """

    since: int
    to: int
    after: tuple[int, int] = (0, 0)
    kind: int = 0


class Upgradable(Protocol):
    """An engine to be brought to this release's schema."""

    def turn(self) -> AbstractContextManager[object]:
        """A transaction that no other program's turn overlaps."""
        ...

    def schema(self) -> int:
        """What the tables are of; 0 where there are none."""
        ...

    def mark(self) -> Mark | None:
        """What was remembered last."""
        ...

    def remember(self, mark: Mark | None) -> None:
        """Keep the mark; None: forget it."""
        ...

    def change(self, schemas: Sequence[int], staged: Sequence[Index]) -> None:
        """Make what is missing, after what the engine does for each of these schemas.

        From here on it is of this release's schema, and `staged` have an empty table beside them.
        """
        ...

    def things(self, kind: Kind, after: tuple[int, int], most: int, most_bytes: int) -> list[Row]:
        """The kind's next by tenant and id, with parent and document: one, and more up to there."""
        ...

    def stage(self, index: Index, rows: list[Row]) -> None:
        """Keep the rows beside the table."""
        ...

    def replace(self, index: Index) -> None:
        """Nothing; the table holds what was staged, and nothing else."""
        ...

    def recount(self) -> None:
        """Count every total anew."""
        ...


def upgrade(engine: Upgradable) -> None:
    """Nothing; the store is of this release's schema."""
    said = time.monotonic()
    done = 0
    while (n := _piece(engine)) is not None:
        done += n
        if time.monotonic() - said > _SAID_S:
            said = time.monotonic()
            log.warning("bringing the store to schema %d: %d things", SCHEMA_VERSION, done)


def _piece(engine: Upgradable) -> int | None:
    """How many things were gone through in the next piece; None where nothing is left to do."""
    with engine.turn():
        there, mark = engine.schema(), engine.mark()
        if there == SCHEMA_VERSION and mark is None:
            return None
        since = mark.since if mark else there
        # A new store has nothing that anything could follow from.
        anew = {name for step in STEPS if since and step.schema > since for name in step.anew}
        staged = [index for index in INDEXES if index.name in anew]
        if mark is None or mark.to != SCHEMA_VERSION:
            engine.change([s.schema for s in STEPS if s.schema > there], staged)
            mark = Mark(since, SCHEMA_VERSION)
        for n, kind in list(enumerate(LABELLED))[mark.kind :] if staged else ():
            after = mark.after if n == mark.kind else (0, 0)
            if rows := engine.things(kind, after, PIECE_ROWS, PIECE_BYTES):
                for index in staged:
                    engine.stage(index, list(index.rows(kind, rows)))
                engine.remember(Mark(since, SCHEMA_VERSION, rows[-1][:2], n))
                return len(rows)
        _finish(engine, anew, staged)
        return None


def _finish(engine: Upgradable, anew: set[str], staged: Sequence[Index]) -> None:
    for index in staged:
        engine.replace(index)
    if TOTAL in anew:
        engine.recount()
    engine.remember(None)


def reported(there: int, mark: Mark | None) -> int:
    """The schema that a store is of as far as whoever uses it is concerned: an upgrade that is not
    done has not happened.

    Raises:
        ValueError: it is of a newer release.
    """
    if there > SCHEMA_VERSION:
        raise ValueError(
            f"the store is of schema {there}, newer than {SCHEMA_VERSION}: use a newer release"
        )
    return mark.since if mark else there
