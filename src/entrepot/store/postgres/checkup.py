"""Whether a PostgreSQL store is whole: that everything in it can be read and fits together.

Changes nothing but totals, and those only when asked. Whether the files are sound, PostgreSQL's own
`pg_amcheck` says.
"""

# ruff: noqa: S608 (every name in a statement is one of KINDS)

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from entrepot.core.kinds import INSTALLATION, KINDS, Kind
from entrepot.core.urls import masked
from entrepot.store.checks import DEVICES, GATEWAYS, TOTALS, Check, Progress, check, gateways, read
from entrepot.store.postgres.schema import connect, must_be_of_this_release, table
from entrepot.store.postgres.upgrade import COUNTED, recount
from entrepot.store.rows import (
    BLOCK_BITS,
    LABELLED,
    claim_hash,
    claims_of,
    label_name,
    label_rows,
    label_value,
    parent_of,
    unpack_entry,
)

_LABEL_COLUMNS = ("tenant", "name", "value", "thing")
_BLOCK = 1000  # things whose claims or labels are looked up together


class PostgresCheckup:
    """Looks a store over through a connection of its own, while nodes may go on writing."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            ValueError: there is no store, or not one of this release.
        """
        try:
            self._connection = connect(url)
        except psycopg.Error as error:
            raise ValueError(f"cannot use {masked(url)}: {error}") from None
        try:
            must_be_of_this_release(self._connection, url)
        except ValueError:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()

    def rows(self) -> int:
        """How many rows `look` will walk, as far as the server knows without counting."""
        sql = (
            "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class"
            " WHERE relnamespace = 'entrepot'::regnamespace AND relname = ANY(%b)"
        )
        return int(self._rows(sql, ([*(k.name for k in KINDS), "audit"],))[0][0])

    def look(self, progress: Progress = lambda rows: None) -> Iterator[Check]:
        """Every check in turn, all over one state of the store."""
        self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield check("things can be read", self._things(progress))
            yield check("everything has what it belongs to", self._orphans())
            yield check("claims and things agree", self._claims())
            yield check("labels and things agree", self._labels())
            yield check(GATEWAYS, gateways(self._documents(DEVICES)))
            yield check(TOTALS, self._totals())
            yield check("numbers are not given out twice", self._sequence())
            yield check("the audit log can be read", self._audit(progress))
        except psycopg.Error as error:
            yield Check("the store can be walked", 1, (str(error),))
        finally:
            if not self._connection.closed:
                self._connection.rollback()

    def mend_totals(self) -> None:
        """Count every total anew, in one transaction that no writer can come between."""
        recount(self._connection)

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._connection.cursor(binary=True).execute(sql.encode(), values).fetchall()

    def _rows_of(self, sql: str) -> Iterator[Any]:
        """Rows as they come, however many there are."""
        with psycopg.ServerCursor(self._connection, "walk") as cursor:
            cursor.itersize = _BLOCK
            cursor.execute(sql.encode(), binary=True)
            yield from cursor

    def _documents(self, kind: Kind) -> Iterator[tuple[int, int, int, bytes]]:
        yield from self._rows_of(f"SELECT id, tenant, parent, document FROM {table(kind.name)}")

    def _things(self, progress: Progress) -> Iterator[str]:
        for kind in KINDS:
            for id, tenant, parent, document in self._documents(kind):
                progress(1)
                thing = read(kind, document)
                if thing is None:
                    yield f"{kind.name} {id} cannot be read"
                    continue
                owner = INSTALLATION if kind.everywhere else getattr(thing, "tenant", -1)
                if (thing.id, owner, parent_of(thing)) != (id, tenant, parent):
                    yield f"{kind.name} {id} is kept under another number, tenant or parent"

    def _orphans(self) -> Iterator[str]:
        for kind in KINDS:
            own, above = table(kind.name), kind.parent
            if above:
                sql = (
                    f"SELECT id, parent FROM {own} t WHERE NOT EXISTS"
                    f" (SELECT FROM {table(above)} a WHERE a.tenant = t.tenant AND a.id = t.parent)"
                )
                for id, parent in self._rows(sql):
                    yield f"{kind.name} {id} belongs to {above} {parent}, which is not there"
            if not kind.everywhere:
                sql = (
                    f"SELECT id, tenant FROM {own} t WHERE NOT EXISTS (SELECT FROM"
                    f" {table('tenant')} a WHERE a.tenant = {INSTALLATION} AND a.id = t.tenant)"
                )
                for id, tenant in self._rows(sql):
                    yield f"{kind.name} {id} belongs to tenant {tenant}, which is not there"

    def _claims(self) -> Iterator[str]:
        agreed = 0
        for kind in KINDS:
            made = (
                (id, tenant, claim)
                for id, tenant, _, document in self._documents(kind)
                for claim in claims_of_document(kind, document)
            )
            for block in _blocks(made):
                keys = [(tenant, claim_hash(claim)) for _, tenant, claim in block]
                held = self._held("claim", ("tenant", "hash"), ("bigint", "bytea"), keys, "holder")
                for (id, _, claim), key in zip(block, keys, strict=True):
                    holder = held.get(key)
                    agreed += holder == id
                    if holder != id:
                        yield (
                            f"{kind.name} {id} claims {claim.rule} {claim.value!r},"
                            f" which {f'{holder} holds' if holder else 'nothing holds'}"
                        )
        more = self._rows("SELECT count(*) FROM entrepot.claim")[0][0] - agreed
        if more > 0:
            yield from self._strange_claims(more)

    def _strange_claims(self, more: int) -> Iterator[str]:
        absent = " AND ".join(
            f"NOT EXISTS (SELECT FROM {table(k.name)} t WHERE t.tenant = c.tenant AND t.id = c.holder)"
            for k in KINDS
        )
        for tenant, holder in self._rows(
            f"SELECT tenant, holder FROM entrepot.claim c WHERE {absent}"
        ):
            more -= 1
            yield f"a claim in tenant {tenant} is held for {holder}, which makes no such claim"
        if more > 0:
            yield f"{more} claims are held for things that make no such claim"

    def _labels(self) -> Iterator[str]:
        agreed = 0
        columns, types = _LABEL_COLUMNS, ("bigint", "bytea", "bytea", "bigint")
        for kind in LABELLED:
            made = (
                (id, tenant, name, value)
                for id, tenant, _, document in self._documents(kind)
                if (found := read(kind, document)) is not None
                for name, value in label_rows(found)
            )
            for block in _blocks(made):
                keys = [(t, label_name(n), label_value(n, value), id) for id, t, n, value in block]
                held = self._held("label", columns, types, keys, "1")
                agreed += len(held)
                for (id, _, name, _), key in zip(block, keys, strict=True):
                    if key not in held:
                        yield f"{kind.name} {id} has the label {name!r}, which no index names"
        more = self._rows("SELECT count(*) FROM entrepot.label")[0][0] - agreed
        if more > 0:
            yield f"{more} labels are indexed for things that have no such label"

    def _held(
        self,
        name: str,
        columns: tuple[str, ...],
        types: tuple[str, ...],
        keys: list[Any],
        value: str,
    ) -> dict[Any, Any]:
        """The value of each of the keys that is in the table."""
        arrays = ", ".join(f"%b::{type_}[]" for type_ in types)
        names = ", ".join(columns)
        sql = (
            f"SELECT {names}, {value} FROM unnest({arrays}) u ({names})"
            f" JOIN entrepot.{name} USING ({names})"
        )
        rows = self._rows(sql, tuple(list(c) for c in zip(*keys, strict=True)))
        return {tuple(row[:-1]): row[-1] for row in rows}

    def _totals(self) -> Iterator[str]:
        for name, block in (("total", "0"), ("block", f"id >> {BLOCK_BITS}")):
            counted = " UNION ALL ".join(
                f"SELECT tenant, '{kind}' AS kind, parent, {block} AS block, count(*) AS n"
                f" FROM {rows} AS counted GROUP BY 1, 2, 3, 4"
                for kind, rows in COUNTED
            )
            own = "0" if name == "total" else "number"
            sql = (
                "SELECT tenant, kind, parent, coalesce(c.n, 0), coalesce(t.n, 0)"
                f" FROM ({counted}) c FULL JOIN (SELECT tenant, kind, parent, {own} AS block,"
                f" sum(n)::bigint AS n FROM entrepot.{name} GROUP BY 1, 2, 3, 4) t"
                " USING (tenant, kind, parent, block)"
                " WHERE coalesce(c.n, 0) <> coalesce(t.n, 0) ORDER BY 1, 2, 3"
            )
            for tenant, kind, parent, n, total in self._rows(sql):
                yield (
                    f"tenant {tenant}, parent {parent}: {n} of kind {kind},"
                    f" but the {name} says {total}"
                )

    def _sequence(self) -> Iterator[str]:
        last = self._rows("SELECT last_value FROM entrepot.ids")[0][0]
        ids = " UNION ALL ".join(
            f"SELECT id, '{k.name}' AS kind FROM {table(k.name)}" for k in KINDS
        )
        sql = f"SELECT id, string_agg(kind, ', ') FROM ({ids}) a GROUP BY id HAVING count(*) > 1"
        for id, kinds in self._rows(sql):
            yield f"the number {id} is that of several things: {kinds}"
        for id, kind in self._rows(f"SELECT id, kind FROM ({ids}) a WHERE id > %b", (last,)):
            yield f"{kind} {id} has a number that will be given out again ({last + 1})"

    def _audit(self, progress: Progress) -> Iterator[str]:
        for thing, revision, document in self._rows_of(
            "SELECT thing, revision, document FROM entrepot.audit"
        ):
            progress(1)
            try:
                unpack_entry(document)
            except Exception:  # whatever a spoilt document makes its reader do
                yield f"entry {revision} of {thing} cannot be read"


def claims_of_document(kind: Kind, document: bytes) -> tuple[Any, ...]:
    """The claims of the thing in the document; none where it cannot be read."""
    thing = read(kind, document)
    return () if thing is None else claims_of(thing)


def _blocks(things: Iterator[Any]) -> Iterator[list[Any]]:
    block: list[Any] = []
    for thing in things:
        block.append(thing)
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block
