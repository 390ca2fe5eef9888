"""One unit of work on SQLite: the `Tx` port in SQL."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar, cast

import apsw

from entrepot.core.faults import Taken
from entrepot.core.kinds import KINDS, Thing
from entrepot.core.ports import Entry, L, T, Tx
from entrepot.core.things.claim import Claim
from entrepot.core.things.space import Space
from entrepot.store.limits import SHORT_ROWS, Limit
from entrepot.store.rows import (
    ALL,
    BLOCK_BITS,
    BY_TYPE,
    EVERY,
    LABEL,
    asked_labels,
    claim_hash,
    claims_of,
    is_name,
    label_number,
    label_rows,
    owner_of,
    pack,
    parent_of,
    parents_of,
    unpack,
    unpack_entry,
)
from entrepot.store.scanning import BLOCK, Scanning
from entrepot.store.shutdown import Shutdown
from entrepot.store.sqlite.labels import (
    ARMS,
    Chosen,
    called_ids,
    count_labelled,
    labelled_ids,
    rows_labelled,
    under,
)
from entrepot.store.totals import Totals, every

R = TypeVar("R")
_INSERT = {kind.name: f"INSERT INTO {kind.name} VALUES (?,?,?,?)" for kind in KINDS}  # noqa: S608
_FIRST_ID = 100_001
_ID_BOUND = 1 << 63
_FAR = 1 << BLOCK_BITS  # how many rows are skipped one by one

Block = tuple[int, str, int, int]  # tenant, kind, parent, number of the block


class Spoilt(Exception):
    """A unit without a guard failed after it had written: what it wrote goes with the transaction."""


class SqliteTx(Totals, Scanning):
    """See `Tx`. A writer calls begin, unit (many times), commit; a reader only asks, under a `limit`.

    Totals and the id sequence are kept in memory while a transaction runs and written once before
    its commit, so that a batch of creates costs one counter update, not one each.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.limit = Limit(Shutdown())
        self.cursor = connection.cursor()
        self._next_id = 0
        self._first_id = 0  # the sequence when the transaction began
        self._totals: dict[Block, int] = {}
        self._unit_totals: dict[Block, int] = {}
        self._guarded = self._saved = False
        self._written = 0  # rows that the connection had changed when the unit began to write
        # What a batch asks for again and again; forgotten when the transaction or a unit ends badly.
        self._spaces: dict[tuple[int, int], Space] = {}

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self.cursor.execute(sql, values).fetchall()

    # The life of a transaction

    def begin(self) -> None:
        """Start a transaction that many units share."""
        self.cursor.execute("BEGIN IMMEDIATE")
        # Read anew each time: another process may have given out ids meanwhile.
        rows = self._rows("SELECT value FROM meta WHERE name='next_id'")
        self._first_id = int(rows[0][0]) if rows else _FIRST_ID
        self._next_id = max(self._next_id, self._first_id)
        self._spaces.clear()

    def unit(self, work: Callable[[Tx], R], *, guarded: bool = True) -> R:
        """Run one unit of work: wholly, or not at all where it raises.

        The guard is a savepoint, for which SQLite copies every page that the unit touches.

        Raises:
            Spoilt: without a guard, in place of what the unit raised after it had written.
        """
        self._guarded, self._saved = guarded, False
        try:
            result = work(self)
        except BaseException as error:
            self._unit_totals.clear()
            self._spaces.clear()
            if self._saved and guarded:
                if (
                    self.connection.in_transaction
                ):  # SQLite may have undone all of it, on a full disk
                    self.cursor.execute("ROLLBACK TO unit; RELEASE unit")
            elif self._saved and self.connection.total_changes() != self._written:
                raise Spoilt from error
            raise
        if self._saved:
            if guarded:
                self.cursor.execute("RELEASE unit")
            totals = self._totals
            for key, n in self._unit_totals.items():
                totals[key] = totals.get(key, 0) + n
            self._unit_totals.clear()
        return result

    def commit(self) -> None:
        """Make everything since `begin` durable."""
        execute = self.cursor.execute
        for (tenant, kind, parent, block), n in self._totals.items():
            execute(
                "INSERT INTO total VALUES (?,?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n",
                (tenant, kind, parent, block, n),
            )
        if self._next_id != self._first_id:
            execute("INSERT OR REPLACE INTO meta VALUES ('next_id', ?)", (b"%d" % self._next_id,))
        execute("COMMIT")
        self._totals.clear()

    def abandon(self) -> None:
        """Undo everything since `begin`; ids that were given out meanwhile stay given out."""
        self._totals.clear()
        self._unit_totals.clear()
        if self.connection.in_transaction:
            self.cursor.execute("ROLLBACK")

    def _save(self) -> None:
        if not self._saved:
            if self._guarded:
                self.cursor.execute("SAVEPOINT unit")
            else:
                self._written = self.connection.total_changes()
            self._saved = True

    # Things

    def new_id(self) -> int:
        id = self._next_id
        self._next_id = id + 1
        return id

    def add(self, thing: Thing) -> None:
        self._save()
        tenant = owner_of(thing)
        for claim in claims_of(thing):
            self._claim(tenant, claim, thing.id)
        kind, parent, id = BY_TYPE[type(thing)].name, parent_of(thing), thing.id
        self.cursor.execute(_INSERT[kind], (id, tenant, parent, pack(thing)))
        self._label(tenant, id, label_rows(thing))
        self._histograms(tenant, kind, parent, id, 1)

    def put(self, old: T, new: T) -> None:
        self._save()
        self._spaces.clear()
        tenant = owner_of(old)
        before, after = claims_of(old), claims_of(new)
        if before != after:
            for claim in before:
                if claim not in after:
                    self._release(tenant, claim)
            for claim in after:
                if claim not in before:
                    self._claim(tenant, claim, new.id)
        kind = BY_TYPE[type(old)].name
        self.cursor.execute(
            f"UPDATE {kind} SET parent=?, document=? WHERE id=?",  # noqa: S608
            (parent_of(new), pack(new), new.id),
        )
        if parent_of(old) != parent_of(new):
            self._histograms(tenant, kind, parent_of(old), old.id, -1)
            self._histograms(tenant, kind, parent_of(new), new.id, 1)
        had, has = label_rows(old), label_rows(new)
        self._unlabel(tenant, old.id, [row for row in had if row not in has])
        self._label(tenant, new.id, [row for row in has if row not in had])

    def drop(self, thing: Thing) -> None:
        self._save()
        self._spaces.clear()
        tenant = owner_of(thing)
        for claim in claims_of(thing):
            self._release(tenant, claim)
        self._unlabel(tenant, thing.id, label_rows(thing))
        kind = BY_TYPE[type(thing)].name
        self.cursor.execute(f"DELETE FROM {kind} WHERE id=?", (thing.id,))  # noqa: S608
        self._histograms(tenant, kind, parent_of(thing), thing.id, -1)

    def get(self, kind: type[T], tenant: int, id: int) -> T | None:
        if kind is Space:
            return cast("T | None", self._space(tenant, id))
        return self._get(kind, tenant, id)

    def _space(self, tenant: int, id: int) -> Space | None:
        found = self._spaces.get((tenant, id))
        if found is None:
            found = self._get(Space, tenant, id)
            if found is not None and self._next_id:  # only the writer's view stays as it is
                self._spaces[tenant, id] = found
        return found

    def _get(self, kind: type[T], tenant: int, id: int) -> T | None:
        if not 0 < id < _ID_BOUND:  # a caller may write any number; SQLite's end at 64 bits
            return None
        sql = f"SELECT document FROM {BY_TYPE[kind].name} WHERE id=? AND tenant=?"  # noqa: S608
        for (document,) in self._rows(sql, (id, tenant)):
            thing: T = unpack(kind, document)
            return thing
        return None

    def holder(self, tenant: int, claim: Claim) -> int | None:
        sql = "SELECT holder FROM claim WHERE tenant=? AND hash=?"
        rows = self._rows(sql, (tenant, claim_hash(claim)))
        return rows[0][0] if rows else None

    # Lists

    def page(
        self,
        kind: type[T],
        tenant: int,
        *,
        parent: int | Collection[int] | None = None,
        before: int | None = None,
        skip: int = 0,
        limit: int = 50,
    ) -> list[T]:
        name = BY_TYPE[kind].name
        parents = parents_of(parent)
        if parents is not None and not parents:
            return []
        if parents is not None and len(parents) > ARMS:
            self.limit.weigh(lambda: self.count(kind, tenant))
        if before is None and skip >= _FAR:
            counted = (every(name), [ALL]) if parents is None else (name, parents)
            before, skip = self._near(tenant, *counted, skip)
        end = _ID_BOUND - 1 if before is None else min(before, _ID_BOUND - 1)
        ids: Chosen = under(name, tenant, parents, end)
        sql = (
            f"SELECT t.document FROM ({ids[0]} LIMIT ? OFFSET ?) p JOIN {name} t ON t.id = p.id"  # noqa: S608
            " ORDER BY t.id DESC"
        )
        rows = self._rows(sql, (*ids[1], limit, skip))
        return [unpack(kind, document) for (document,) in rows]

    def _near(self, tenant: int, name: str, parents: Sequence[int], skip: int) -> tuple[int, int]:
        """The id below which to begin, and how many to skip from there on."""
        if self._totals or self._unit_totals:  # what this unit added is in no block yet
            return _ID_BOUND - 1, skip
        where = f"tenant=? AND kind=? AND parent IN ({','.join('?' * len(parents))})"
        sql = (
            "SELECT block, above FROM (SELECT block, sum(n) AS here, sum(sum(n)) OVER"  # noqa: S608
            f" (ORDER BY block DESC) - sum(n) AS above FROM total WHERE {where} GROUP BY block)"
            " WHERE above + here > ? LIMIT 1"
        )
        for block, above in self._rows(sql, (tenant, name, *parents, skip)):
            return (block + 1) << BLOCK_BITS, skip - above
        return 0, 0  # beyond the last

    def ids(self, kind: type[Any], tenant: int, *, parent: int, limit: int) -> list[int]:
        self.limit.weigh(lambda: min(limit, self.count(kind, tenant, parent=parent)))
        sql, values = under(BY_TYPE[kind].name, tenant, [parent], _ID_BOUND - 1)
        return [id for (id,) in self._rows(f"{sql} LIMIT ?", (*values, limit))]

    def _sums(self, kind: str, tenant: int, parents: Collection[int]) -> dict[int, int]:
        found = dict.fromkeys(parents, 0)
        sql = (
            "SELECT parent, sum(n) FROM total WHERE tenant=? AND kind=?"  # noqa: S608
            f" AND parent IN ({','.join('?' * len(found))}) GROUP BY parent"
        )
        found |= dict(self._rows(sql, (tenant, kind, *found)))
        for pending in (self._totals, self._unit_totals):
            for (t, k, p, _), delta in pending.items():
                if t == tenant and k == kind and p in found:
                    found[p] += delta
        return found

    def labelled(
        self,
        kind: type[L],
        tenant: int,
        labels: Sequence[tuple[str, str | None]],
        *,
        before: int | None = None,
        skip: int = 0,
        limit: int = 50,
    ) -> tuple[list[L], int]:
        wanted, apart = asked_labels(BY_TYPE[kind], labels)
        if not wanted:
            return [], 0
        numbers = [label_number(*label) for label in wanted] if apart else []
        if numbers:
            total = sum(self._sums(LABEL, tenant, numbers).values())
        else:
            self.limit.weigh(lambda: rows_labelled(self._rows, tenant, wanted, SHORT_ROWS + 1))
            total = count_labelled(self._rows, tenant, wanted)
        if len(wanted) > ARMS:
            self.limit.weigh(lambda: total)
        if numbers and before is None and skip >= _FAR:
            before, skip = self._near(tenant, LABEL, numbers, skip)
        end = _ID_BOUND - 1 if before is None else min(before, _ID_BOUND - 1)
        return self._these(kind, labelled_ids(self._rows, tenant, wanted, end, skip, limit)), total

    def _labelled_block(
        self,
        kind: type[L],
        tenant: int,
        labels: Sequence[tuple[str, str | None]],
        before: int | None,
    ) -> list[L]:
        wanted, _ = asked_labels(BY_TYPE[kind], labels)
        if not wanted:
            return []
        if len(wanted) > ARMS:
            self.limit.weigh(lambda: rows_labelled(self._rows, tenant, wanted, SHORT_ROWS + 1))
        end = _ID_BOUND - 1 if before is None else before
        return self._these(kind, labelled_ids(self._rows, tenant, wanted, end, 0, BLOCK))

    def called(
        self, kind: type[L], tenant: int, part: str, *, skip: int = 0, limit: int = 50
    ) -> tuple[list[L], int]:
        self.limit.weigh(lambda: self.count(kind, tenant))
        mark = BY_TYPE[kind].mark
        ids, total = called_ids(self._rows, tenant, mark, part, skip, limit)
        return self._these(kind, ids), total

    def _these(self, kind: type[T], ids: list[int]) -> list[T]:
        sql = f"SELECT document FROM {BY_TYPE[kind].name} WHERE id=?"  # noqa: S608
        return [unpack(kind, self._rows(sql, (id,))[0][0]) for id in ids]

    # The audit log

    def note(self, tenant: int, entry: Entry) -> None:
        self._save()
        self.cursor.execute(
            "INSERT INTO audit VALUES (?,?,?,?)", (entry.thing, entry.revision, tenant, pack(entry))
        )

    def history(self, tenant: int, thing: int) -> list[Entry]:
        sql = "SELECT document FROM audit WHERE thing=? AND tenant=? ORDER BY revision"
        rows = self._rows(sql, (thing, tenant))
        return [unpack_entry(document) for (document,) in rows]

    def last_revision(self, tenant: int, thing: int) -> int:
        sql = "SELECT revision FROM audit WHERE thing=? AND tenant=? ORDER BY revision DESC LIMIT 1"
        rows = self._rows(sql, (thing, tenant))
        return rows[0][0] if rows else 0

    # The installation

    def recall(self, name: str) -> bytes | None:
        rows = self._rows("SELECT value FROM meta WHERE name=?", (name,))
        return rows[0][0] if rows else None

    def remember(self, name: str, value: bytes) -> None:
        self._save()
        self.cursor.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))

    # Small change

    def _claim(self, tenant: int, claim: Claim, holder: int) -> None:
        sql = "INSERT INTO claim VALUES (?,?,?) ON CONFLICT DO NOTHING"
        self.cursor.execute(sql, (tenant, claim_hash(claim), holder))
        if not self.connection.changes():
            raise Taken(claim.rule, claim.value, self.holder(tenant, claim) or 0)

    def _release(self, tenant: int, claim: Claim) -> None:
        sql = "DELETE FROM claim WHERE tenant=? AND hash=?"
        self.cursor.execute(sql, (tenant, claim_hash(claim)))

    def _label(self, tenant: int, thing: int, rows: Sequence[tuple[str, str]]) -> None:
        for name, value in rows:
            self.cursor.execute(
                "INSERT OR IGNORE INTO label VALUES (?,?,?,?)", (tenant, name, value, thing)
            )
            if not is_name(name):
                self._histograms(tenant, LABEL, label_number(name, value), thing, 1)

    def _unlabel(self, tenant: int, thing: int, rows: Sequence[tuple[str, str]]) -> None:
        for name, value in rows:
            self.cursor.execute(
                "DELETE FROM label WHERE tenant=? AND name=? AND value=? AND thing=?",
                (tenant, name, value, thing),
            )
            if not is_name(name):
                self._histograms(tenant, LABEL, label_number(name, value), thing, -1)

    def _histograms(self, tenant: int, kind: str, parent: int, id: int, n: int) -> None:
        block, totals = id >> BLOCK_BITS, self._unit_totals
        key = (tenant, kind, parent, block)
        totals[key] = totals.get(key, 0) + n
        if kind in EVERY:
            key = (tenant, EVERY[kind], ALL, block)
            totals[key] = totals.get(key, 0) + n
