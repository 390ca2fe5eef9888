"""Whether an SQLite store is whole: the file itself, and that everything in it fits together.

Changes nothing but totals, and those only when asked.
"""

# ruff: noqa: S608 (every name in a statement is one of KINDS)

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw

from entrepot.core.kinds import INSTALLATION, KINDS, Kind
from entrepot.store.checks import (
    DEVICES,
    GATEWAYS,
    MOST_FINDINGS,
    TOTALS,
    Check,
    Progress,
    check,
    gateways,
    read,
)
from entrepot.store.rows import (
    BLOCK_BITS,
    COUNTED_AS,
    LABEL,
    LABELLED,
    claim_hash,
    claims_of,
    label_rows,
    parent_of,
    unpack_entry,
)
from entrepot.store.sqlite.schema import schema_version
from entrepot.store.sqlite.upgrade import labels_counted, recount
from entrepot.store.upgrade import SCHEMA_VERSION


class Checkup:
    """Looks a store over through a connection of its own, while a server may go on writing."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ValueError: it is not there, or not a store of this release.
        """
        try:
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
            self._connection.set_busy_timeout(10_000)
            version = schema_version(self._connection)
        except apsw.Error as error:
            raise ValueError(f"{path} cannot be read as a store: {error}") from None
        if version != SCHEMA_VERSION:
            raise ValueError(f"{path} is of schema {version}; this release reads {SCHEMA_VERSION}")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self) -> int:
        """How many rows `look` will walk."""
        counts = (f"(SELECT count(*) FROM {k.name})" for k in KINDS)
        return int(self._rows(f"SELECT {'+'.join(counts)} + (SELECT count(*) FROM audit)")[0][0])

    def look(self, progress: Progress = lambda rows: None) -> Iterator[Check]:
        """Every check in turn, all over one state of the store."""
        self._connection.execute("BEGIN")
        try:
            yield check("the file is sound", self._engine())
            yield check("things can be read", self._things(progress))
            yield check("everything has what it belongs to", self._orphans())
            yield check("claims and things agree", self._claims())
            yield check("labels and things agree", self._labels())
            yield check(GATEWAYS, gateways(self._documents(DEVICES)))
            yield check(TOTALS, self._totals())
            yield check("numbers are not given out twice", self._sequence())
            yield check("the audit log can be read", self._audit(progress))
        except apsw.Error as error:
            yield Check("the store can be walked", 1, (str(error),))
        finally:
            self._connection.execute("ROLLBACK")

    def mend_totals(self) -> None:
        """Count every total anew, in one transaction that no writer can come between."""
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            recount(self._connection)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def _engine(self) -> Iterator[str]:
        for (line,) in self._rows(f"PRAGMA integrity_check({MOST_FINDINGS})"):
            if line != "ok":
                yield str(line)
        # A backup from elsewhere may bring statements along that run with ours.
        for kind, name in self._rows(
            "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
        ):
            yield f"it holds a {kind} that Entrepot did not make: {name}"

    def _documents(self, kind: Kind) -> Iterator[tuple[int, int, int, bytes]]:
        yield from self._connection.execute(
            f"SELECT id, tenant, parent, document FROM {kind.name} ORDER BY id"
        )

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
            above = kind.parent
            if above:
                sql = f"SELECT id, parent FROM {kind.name} WHERE parent NOT IN (SELECT id FROM {above})"
                for id, parent in self._rows(sql):
                    yield f"{kind.name} {id} belongs to {above} {parent}, which is not there"
            if not kind.everywhere:
                sql = f"SELECT id, tenant FROM {kind.name} WHERE tenant NOT IN (SELECT id FROM tenant)"
                for id, tenant in self._rows(sql):
                    yield f"{kind.name} {id} belongs to tenant {tenant}, which is not there"

    def _claims(self) -> Iterator[str]:
        held = {(t, h): holder for t, h, holder in self._rows("SELECT * FROM claim")}
        for kind in KINDS:
            for id, tenant, _, document in self._documents(kind):
                thing = read(kind, document)
                for claim in () if thing is None else claims_of(thing):
                    holder = held.pop((tenant, claim_hash(claim)), None)
                    if holder != id:
                        yield (
                            f"{kind.name} {id} claims {claim.rule} {claim.value!r},"
                            f" which {f'{holder} holds' if holder else 'nothing holds'}"
                        )
        for (tenant, _), holder in held.items():
            yield f"a claim in tenant {tenant} is held for {holder}, which makes no such claim"

    def _labels(self) -> Iterator[str]:
        held = set(self._rows("SELECT tenant, thing, name, value FROM label"))
        for kind in LABELLED:
            for id, tenant, _, document in self._documents(kind):
                found = read(kind, document)
                for name, value in () if found is None else label_rows(found):
                    if (tenant, id, name, value) not in held:
                        yield f"{kind.name} {id} has the label {name!r}, which no index names"
                    held.discard((tenant, id, name, value))
        for _, id, name, _ in sorted(held):
            yield f"the label {name!r} is indexed for {id}, which has no such label"

    def _totals(self) -> Iterator[str]:
        counted = {
            (tenant, name, parent, block): n
            for kind, name, above in COUNTED_AS
            for tenant, parent, block, n in self._rows(
                f"SELECT tenant, {above}, id >> {BLOCK_BITS}, count(*) FROM {kind.name} GROUP BY 1, 2, 3"
            )
        }
        counted |= {
            (tenant, LABEL, number, block): n
            for (tenant, number, block), n in labels_counted(self._connection)
        }
        kept = {
            (tenant, kind, parent, block): n
            for tenant, kind, parent, block, n in self._rows(
                "SELECT tenant, kind, parent, block, n FROM total"
            )
        }
        for key in sorted(counted.keys() | kept.keys()):
            n, total = counted.get(key, 0), kept.get(key, 0)
            if n != total:
                tenant, kind, parent, _ = key
                yield f"tenant {tenant}, parent {parent}: {n} of kind {kind}, but the total says {total}"

    def _sequence(self) -> Iterator[str]:
        rows = self._rows("SELECT value FROM meta WHERE name='next_id'")
        next_id = int(rows[0][0]) if rows else 0
        seen: dict[int, str] = {}
        for kind in KINDS:
            for (id,) in self._rows(f"SELECT id FROM {kind.name}"):
                if id in seen:
                    yield f"{kind.name} {id} has the number of a {seen[id]}"
                elif id >= next_id:
                    yield f"{kind.name} {id} has a number that will be given out again ({next_id})"
                seen[id] = kind.name

    def _audit(self, progress: Progress) -> Iterator[str]:
        for thing, revision, document in self._connection.execute(
            "SELECT thing, revision, document FROM audit"
        ):
            progress(1)
            try:
                unpack_entry(document)
            except Exception:  # whatever a spoilt document makes its reader do
                yield f"entry {revision} of {thing} cannot be read"
