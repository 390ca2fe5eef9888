"""Looking into a PostgreSQL store: the half of the `Tx` port that changes nothing, in SQL."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

from entrepot.core.kinds import Thing
from entrepot.core.ports import Entry, L, T
from entrepot.core.things.claim import Claim
from entrepot.store.limits import SHORT_ROWS, Limit
from entrepot.store.postgres.schema import Connection, table
from entrepot.store.rows import (
    ALL,
    BLOCK_BITS,
    BY_TYPE,
    FEW,
    HASH_BYTES,
    LABEL,
    SEARCHED,
    asked_labels,
    claim_hash,
    label_name,
    label_number,
    label_value,
    name_part,
    parents_of,
    unpack,
    unpack_entry,
)
from entrepot.store.scanning import BLOCK, Scanning
from entrepot.store.shutdown import Shutdown
from entrepot.store.totals import Totals, every

ID_BOUND = 1 << 63
_ARMS = 64  # lists that are merged
_NEARLY_MS = 100
_DEEP = 2 * BLOCK  # entries of an index that are passed over sooner than blocks are counted

_LABELLED = "SELECT thing FROM entrepot.label WHERE tenant = %b"

Rows = list[tuple[Any, ...]]
Chosen = tuple[str, list[Any]]  # a statement that gives numbers of things, with its values


class ReadTx(Totals, Scanning):
    """See `Tx`. One state throughout, where the connection is in a transaction that sees one."""

    def __init__(self, connection: Connection, timeout_ms: int = 0) -> None:
        """`timeout_ms`: for how long a statement may run, as the transaction's server was told."""
        self.connection = connection
        self.limit = Limit(Shutdown())
        self._timeout_ms = timeout_ms
        self.cursor = connection.cursor(binary=True)

    def _rows(self, sql: str, values: Sequence[Any]) -> Rows:
        left_s = self.limit.left_s()
        if left_s is not None:
            self._bound_statements(milliseconds(left_s))
        return self.cursor.execute(sql.encode(), values).fetchall()

    def _bound_statements(self, left_ms: int) -> None:
        """From now on a statement may run no longer than this; told where it was told much otherwise."""
        if self._timeout_ms > left_ms + _NEARLY_MS:
            self.connection.execute(bounded(left_ms))
            self._timeout_ms = left_ms

    # Things

    def get(self, kind: type[T], tenant: int, id: int) -> T | None:
        if not 0 < id < ID_BOUND:  # a caller may write any number; the server's end at 64 bits
            return None
        found = self._row(BY_TYPE[kind].name, tenant, id)
        if found is None:
            return None
        thing: T = unpack(kind, found[1])
        return thing

    def _row(self, kind: str, tenant: int, id: int) -> tuple[int, bytes] | None:
        """Version and document."""
        sql = f"SELECT version, document FROM {table(kind)} WHERE tenant = %b AND id = %b"  # noqa: S608
        row = self.cursor.execute(sql.encode(), (tenant, id)).fetchone()
        return None if row is None else (row[0], row[1])

    def holder(self, tenant: int, claim: Claim) -> int | None:
        sql = "SELECT holder FROM entrepot.claim WHERE tenant = %b AND hash = %b"
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
        parents = parents_of(parent)
        if parents is not None and len(parents) > _ARMS:
            self.limit.weigh(lambda: self.count(kind, tenant))
        if before is None and skip >= _DEEP:
            name = BY_TYPE[kind].name
            counted = (every(name), [ALL]) if parents is None else (name, parents)
            before, skip = self._start(tenant, *counted, skip)
        rows = self._page(BY_TYPE[kind].name, tenant, parents, before, skip, limit)
        return [unpack(kind, document) for (document,) in rows]

    def _page(
        self,
        kind: str,
        tenant: int,
        parents: list[int] | None,
        before: int | None,
        skip: int,
        limit: int,
        without: Sequence[int] = (),
    ) -> Rows:
        if parents is not None and not parents:
            return []
        one, values = f"SELECT tenant, id FROM {table(kind)} WHERE tenant = %b", list[Any]([tenant])  # noqa: S608
        if before is not None:
            one, values = one + " AND id < %b", [*values, min(before, ID_BOUND - 1)]
        if without:
            one, values = one + " AND id <> ALL(%b::bigint[])", [*values, list(without)]
        if parents is not None and len(parents) <= _ARMS:
            most = [] if len(parents) == 1 else [skip + limit]
            values = [v for parent in parents for v in (*values, parent, *most)]
            ids = _merged(f"{one} AND parent = %b", len(parents), "id", bool(most))
        elif parents is not None:
            ids, values = one + " AND parent = ANY(%b::bigint[])", [*values, parents]
        else:
            ids = one
        # The ids come from the index alone, so that what is skipped is never read.
        sql = (
            f"SELECT t.document FROM ({ids} ORDER BY id DESC LIMIT %b OFFSET %b) p"  # noqa: S608
            f" JOIN {table(kind)} t USING (tenant, id) ORDER BY t.id DESC"
        )
        return self._rows(sql, (*values, limit, skip))

    def _start(self, tenant: int, kind: str, parents: list[int], skip: int) -> tuple[int, int]:
        """The same place nearer: an id, and how many to skip from there; whole blocks are counted."""
        # A window, because rows that are grouped are thought a hundred times as many, and shared out to workers.
        sql = (
            "SELECT number, above FROM (SELECT number, coalesce(sum(n) OVER (ORDER BY number DESC GROUPS"
            " BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS above FROM entrepot.block"
            " WHERE tenant = %b AND kind = %t AND parent = ANY(%b::bigint[])) b"
            " WHERE above <= %b ORDER BY number LIMIT 1"
        )
        for block, above in self._rows(sql, (tenant, kind, parents, skip)):
            return (block + 1) << BLOCK_BITS, skip - above
        return 0, 0

    def ids(self, kind: type[Any], tenant: int, *, parent: int, limit: int) -> list[int]:
        self.limit.weigh(lambda: min(limit, self.count(kind, tenant, parent=parent)))
        sql = (
            f"SELECT id FROM {table(BY_TYPE[kind].name)} WHERE tenant = %b AND parent = %b"  # noqa: S608
            " ORDER BY id DESC LIMIT %b"
        )
        return [id for (id,) in self._rows(sql, (tenant, parent, limit))]

    def _sums(self, kind: str, tenant: int, parents: Collection[int]) -> dict[int, int]:
        sql = (
            "SELECT parent, sum(n)::bigint FROM entrepot.total WHERE tenant = %b AND kind = %t"
            # A row of nothing, which a lock may have made, is the same answer as none.
            " AND parent = ANY(%b::bigint[]) GROUP BY parent HAVING sum(n) <> 0 ORDER BY parent"
        )
        found = dict.fromkeys(parents, 0)
        return found | dict(self._rows(sql, (tenant, kind, list(found))))

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
        wanted, counted = asked_labels(BY_TYPE[kind], labels)
        if not wanted:
            return [], 0
        if counted:
            numbers = [label_number(*label) for label in wanted]
            total = sum(self._sums(LABEL, tenant, numbers).values())
            if before is None and skip >= _DEEP:
                before, skip = self._start(tenant, LABEL, numbers, skip)
        else:
            self._weigh_labels(tenant, wanted)
            total = self._count_chosen(chosen_by_labels(tenant, wanted))
        if len(wanted) > _ARMS:
            self.limit.weigh(lambda: total)
        chosen = chosen_by_labels(tenant, wanted, before, skip + limit)
        return self._page_chosen(kind, tenant, chosen, skip, limit), total

    def _weigh_labels(self, tenant: int, labels: Sequence[tuple[str, str]]) -> None:
        sql, values = _any_of(tenant, labels)
        some = f"{sql} LIMIT {SHORT_ROWS + 1}", values
        self.limit.weigh(lambda: self._count_chosen(some))

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
        if len(wanted) > _ARMS:
            self._weigh_labels(tenant, wanted)
        chosen = chosen_by_labels(tenant, wanted, before, BLOCK)
        return self._page_chosen(kind, tenant, chosen, 0, BLOCK)

    def called(
        self, kind: type[L], tenant: int, part: str, *, skip: int = 0, limit: int = 50
    ) -> tuple[list[L], int]:
        self.limit.weigh(lambda: self.count(kind, tenant))
        chosen: Chosen = chosen_by_name(tenant, BY_TYPE[kind].mark, part)
        few = self._rows(f"{chosen[0]} LIMIT %b", (*chosen[1], FEW + 1))
        if len(few) > FEW:
            total = self._count_chosen(chosen)
            return self._page_chosen(kind, tenant, chosen, skip, limit), total
        page = sorted((id for (id,) in few), reverse=True)[skip : skip + limit]
        sql = (
            f"SELECT document FROM {table(BY_TYPE[kind].name)}"  # noqa: S608
            " WHERE tenant = %b AND id = ANY(%b::bigint[]) ORDER BY id DESC"
        )
        return [unpack(kind, document) for (document,) in self._rows(sql, (tenant, page))], len(few)

    def _count_chosen(self, chosen: Chosen) -> int:
        sql, values = chosen
        n: int = self._rows(f"SELECT count(*) FROM ({sql}) c", values)[0][0]  # noqa: S608
        return n

    def _page_chosen(
        self, kind: type[L], tenant: int, chosen: Chosen, skip: int, limit: int
    ) -> list[L]:
        rows = self._rows(
            f"SELECT document FROM ({chosen[0]} ORDER BY thing DESC LIMIT %b OFFSET %b) c"  # noqa: S608
            f" JOIN {table(BY_TYPE[kind].name)} ON tenant = %b AND id = thing ORDER BY id DESC",
            (*chosen[1], limit, skip, tenant),
        )
        return [unpack(kind, document) for (document,) in rows]

    # The audit log and the installation

    def history(self, tenant: int, thing: int) -> list[Entry]:
        sql = (
            "SELECT document FROM entrepot.audit WHERE tenant = %b AND thing = %b ORDER BY revision"
        )
        return [unpack_entry(document) for (document,) in self._rows(sql, (tenant, thing))]

    def last_revision(self, tenant: int, thing: int) -> int:
        sql = (
            "SELECT revision FROM entrepot.audit WHERE tenant = %b AND thing = %b"
            " ORDER BY revision DESC LIMIT 1"
        )
        rows = self._rows(sql, (tenant, thing))
        return rows[0][0] if rows else 0

    def recall(self, name: str) -> bytes | None:
        rows = self._rows("SELECT value FROM entrepot.meta WHERE name = %t", (name,))
        return rows[0][0] if rows else None

    # What a look must not ask for

    def new_id(self) -> int:
        raise _only_looking()

    def add(self, thing: Thing) -> None:
        raise _only_looking()

    def put(self, old: T, new: T) -> None:
        raise _only_looking()

    def drop(self, thing: Thing) -> None:
        raise _only_looking()

    def note(self, tenant: int, entry: Entry) -> None:
        raise _only_looking()

    def remember(self, name: str, value: bytes) -> None:
        raise _only_looking()


def milliseconds(left_s: float) -> int:
    """Whole milliseconds, at least so long: where the time is over for the server, it is over for us too."""
    return math.ceil(left_s * 1000) + 1


def bounded(timeout_ms: int) -> bytes:
    """The statement after which no other of the transaction runs for longer."""
    return b"SET LOCAL statement_timeout = %d" % timeout_ms


def chosen_by_labels(
    tenant: int,
    labels: Sequence[tuple[str, str]],
    before: int | None = None,
    most: int | None = None,
) -> Chosen:
    """The numbers of things with any of the labels, each once; at least the newest `most`."""
    below = [] if before is None else [min(before, ID_BOUND - 1)]
    rest = " AND thing < %b" if below else ""
    if len(labels) > _ARMS:
        sql, found = _any_of(tenant, labels)
        return f"SELECT DISTINCT thing FROM ({sql}{rest}) a", [*found, *below]  # noqa: S608
    one = f"{_LABELLED} AND name = %b AND value = %b{rest}"
    hashes = _hashes(labels)
    bound = [] if most is None or len(labels) == 1 else [most]
    values: list[Any] = [v for both in hashes for v in (tenant, *both, *below, *bound)]
    if len(labels) == 1:  # the index is in the order that is wanted
        return one, values
    merged = _merged(one, len(labels), "thing", most is not None)
    return f"SELECT DISTINCT thing FROM ({merged}) a", values  # noqa: S608


def _any_of(tenant: int, labels: Sequence[tuple[str, str]]) -> Chosen:
    sql = f"{_LABELLED} AND (name, value) IN (SELECT * FROM unnest(%b::bytea[], %b::bytea[]))"  # noqa: S608
    return sql, [tenant, *(list(column) for column in zip(*_hashes(labels), strict=True))]


def _hashes(labels: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(label_name(name), label_value(name, value)) for name, value in labels]


def _merged(statement: str, times: int, by: str, bounded: bool) -> str:
    """All that the statement gives so many times, to be asked for newest first.

    Its index is in this order, and it says so, or else the server sorts all that there are. A bound on
    each, which is then the last of its values, keeps the server from reading them in another order.
    """
    if times == 1:
        return statement
    one = f"({statement} ORDER BY {by} DESC{' LIMIT %b' if bounded else ''})"
    return " UNION ALL ".join([one] * times)


def chosen_by_name(tenant: int, mark: str, part: str) -> Chosen:
    """The numbers of things with the part in a name, each once: the index alone is read.

    `mark`: what the names of labels of their kind begin with.
    """
    sql = (
        "SELECT DISTINCT thing FROM entrepot.label WHERE tenant = %b AND name = ANY(%b::bytea[])"
        " AND position(%b IN substr(value, 1, length(value) - %b)) > 0"
    )
    names = [label_name(mark + name) for name in SEARCHED]
    return sql, [tenant, names, name_part(part), HASH_BYTES + 1]


def _only_looking() -> RuntimeError:
    return RuntimeError("a unit of work that was given to `read` must change nothing")
