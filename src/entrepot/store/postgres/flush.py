"""Writing what a group of units did: all statements in one round trip, then the commit.

The order of the statements is what keeps nodes from each other's way (docs/decisions/0021). Whoever adds to
or takes from what a parent has, first locks its row of that total. Whoever decided by such a list
or total, locks all its rows. Only then is asked again what units relied on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from entrepot.store.postgres.node import Cursor, Struck, begin, commit
from entrepot.store.postgres.schema import SHARDS, Connection, table
from entrepot.store.postgres.units import Changes, ClaimKey, Key, WriteTx
from entrepot.store.rows import pack, parent_of

Locked = tuple[int, str, int, int]  # tenant, kind, parent, shard


class Conflict(Exception):
    """Another node was faster: these rows are not what units saw, these claims have holders."""

    def __init__(self, rows: Iterable[Key] = (), claims: Iterable[ClaimKey] = ()) -> None:
        super().__init__("another node changed what a unit of work relied on")
        self.rows = tuple(rows)
        self.claims = tuple(claims)


class _Script:
    """Statements on their way, and what each one's outcome must be."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._checks: list[Callable[[], None]] = []
        self.rows: list[Key] = []
        self.claims: list[ClaimKey] = []
        self.otherwise = False  # a conflict that is of no row and no claim

    def do(self, sql: str, values: Sequence[Any] = ()) -> Cursor:
        cursor = self._connection.cursor(binary=True)
        return cursor.execute(sql.encode(), values)

    def check(self, check: Callable[[], None]) -> None:
        self._checks.append(check)

    def judge(self) -> None:
        """Raises `Conflict` where an outcome is not what it must be."""
        for check in self._checks:
            check()
        if self.rows or self.claims or self.otherwise:
            raise Conflict(self.rows, self.claims)


def flush(tx: WriteTx, node: int, begun: Cursor | None) -> None:
    """Nothing; what the units did is on disk.

    `begun`: the transaction that the connection is in already (`begin`); it ends here either way.

    Raises:
        Conflict: units must run again; nothing was kept.
        Struck, Unsure, Unavailable: see `node.py`.
        psycopg.Error: the engine failed, or refused a statement.
    """
    connection, changes, shard = tx.connection, tx.done, node % SHARDS
    if not changes:
        return _settle_without(tx, begun)
    script = _Script(connection)
    try:
        with connection.pipeline():
            counted = begun or begin(connection, node)
            _lock(script, changes, shard)
            _ask_again(script, tx)
            _write(script, changes, shard)
        number = counted.fetchone()
        if number is None:
            raise Struck
        script.judge()
        commit(connection, number[0])
    except BaseException:
        if not connection.closed:
            connection.rollback()
        raise


def _settle_without(tx: WriteTx, begun: Cursor | None) -> None:
    """Nothing is to be written; what was said may still rest on what was remembered too long."""
    script = _Script(tx.connection)
    try:
        _compare_seen(script, {k: tx.seen[k][0] for k in tx.from_cache})
        script.judge()
    finally:
        if begun:
            tx.connection.rollback()


def _lock(script: _Script, changes: Changes, shard: int) -> None:
    """Each total that changes, or that a decision rests on: in one order, so nobody waits in a ring."""
    totals = _totals(changes, shard)
    for guard in changes.guards:
        for s in range(SHARDS):
            totals.setdefault((*guard, s), 0)
    # What is counted again below must not have anything of ours in it by then.
    _add_up(script, dict.fromkeys(totals, 0) if changes.asked else totals)


def _totals(changes: Changes, shard: int) -> dict[Locked, int]:
    totals: dict[Locked, int] = {}
    for (tenant, kind, parent, _), n in changes.totals.items():
        key = (tenant, kind, parent, shard)
        totals[key] = totals.get(key, 0) + n
    return totals


def _add_up(script: _Script, totals: dict[Locked, int]) -> None:
    if totals:
        rows = sorted((*key, n) for key, n in totals.items())
        script.do(
            "INSERT INTO entrepot.total SELECT * FROM"
            " unnest(%b::bigint[], %b::text[], %b::bigint[], %b::smallint[], %b::bigint[])"
            " ON CONFLICT (tenant, kind, parent, shard) DO UPDATE SET n = total.n + excluded.n",
            _columns(rows),
        )


def _ask_again(script: _Script, tx: WriteTx) -> None:
    changed = tx.done.rows
    _compare_seen(script, {k: v for k, (v, _) in tx.seen.items() if k not in changed})
    for sql, values, before in tx.done.asked:
        cursor = script.do(sql, values)

        def same(cursor: Cursor = cursor, before: list[tuple[Any, ...]] = before) -> None:
            script.otherwise |= cursor.fetchall() != before

        script.check(same)


def _compare_seen(script: _Script, seen: dict[Key, int]) -> None:
    kinds: dict[str, list[tuple[int, int]]] = {}
    for kind, tenant, id in seen:
        kinds.setdefault(kind, []).append((tenant, id))
    for kind, keys in kinds.items():
        cursor = script.do(
            f"SELECT t.tenant, t.id, t.version FROM unnest(%b::bigint[], %b::bigint[])"  # noqa: S608
            f" u (tenant, id) JOIN {table(kind)} t ON t.tenant = u.tenant AND t.id = u.id",
            _columns(keys),
        )

        def same(
            cursor: Cursor = cursor, kind: str = kind, keys: list[tuple[int, int]] = keys
        ) -> None:
            there = {(kind, tenant, id): version for tenant, id, version in cursor.fetchall()}
            script.rows += [k for t, i in keys if there.get(k := (kind, t, i), 0) != seen[k]]

        script.check(same)


def _write(script: _Script, changes: Changes, shard: int) -> None:
    if changes.asked:
        _add_up(script, _totals(changes, shard))
    _write_claims(script, changes)
    _write_rows(script, changes)
    _write_labels(script, changes)
    entries = [
        (tenant, e.thing, e.revision, pack(e))
        for (tenant, _), kept in changes.entries.items()
        for e in kept
    ]
    if entries:
        script.do(
            "INSERT INTO entrepot.audit SELECT * FROM"
            " unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[])",
            _columns(entries),
        )
    _write_names(script, changes)
    blocks = sorted((*key, shard, n) for key, n in changes.totals.items() if n)
    if blocks:
        script.do(
            "INSERT INTO entrepot.block SELECT * FROM unnest(%b::bigint[], %b::text[],"
            " %b::bigint[], %b::bigint[], %b::smallint[], %b::bigint[])"
            " ON CONFLICT (tenant, kind, parent, number, shard)"
            " DO UPDATE SET n = block.n + excluded.n",
            _columns(blocks),
        )


def _write_claims(script: _Script, changes: Changes) -> None:
    for (tenant, hash), (stood, holder) in sorted(changes.claims.items()):
        if stood is not None and stood != holder:
            script.do(
                "DELETE FROM entrepot.claim WHERE tenant = %b AND hash = %b AND holder = %b",
                (tenant, hash, stood),
            )
    wanted = sorted(
        (*key, holder)
        for key, (stood, holder) in changes.claims.items()
        if holder is not None and holder != stood
    )
    if wanted:
        cursor = script.do(
            "INSERT INTO entrepot.claim SELECT * FROM"
            " unnest(%b::bigint[], %b::bytea[], %b::bigint[])"
            " ON CONFLICT (tenant, hash) DO NOTHING RETURNING tenant, hash",
            _columns(wanted),
        )

        def all_ours() -> None:
            ours = set(cursor.fetchall())
            script.claims += [(t, h) for t, h, _ in wanted if (t, h) not in ours]

        script.check(all_ours)


def _write_rows(script: _Script, changes: Changes) -> None:
    new: dict[str, list[tuple[Any, ...]]] = {}
    for key, (version, thing) in sorted(changes.rows.items(), key=lambda item: item[0]):
        kind, tenant, id = key
        if not version:
            if thing is not None:
                row = (tenant, id, parent_of(thing), pack(thing))
                new.setdefault(kind, []).append(row)
            continue
        at = "WHERE tenant = %b AND id = %b AND version = %b"
        values: tuple[Any, ...] = (tenant, id, version)
        if thing is None:
            sql = f"DELETE FROM {table(kind)} {at}"  # noqa: S608
        else:
            sql = f"UPDATE {table(kind)} SET version = version + 1, parent = %b, document = %b {at}"  # noqa: S608
            values = (parent_of(thing), pack(thing), *values)
        cursor = script.do(sql, values)

        def changed(cursor: Cursor = cursor, key: Key = key) -> None:
            if cursor.rowcount != 1:
                script.rows.append(key)

        script.check(changed)
    for kind, rows in new.items():
        script.do(
            f"INSERT INTO {table(kind)} (tenant, id, parent, document, version)"  # noqa: S608
            " SELECT *, 1 FROM unnest(%b::bigint[], %b::bigint[], %b::bigint[], %b::bytea[])",
            _columns(rows),
        )


def _write_labels(script: _Script, changes: Changes) -> None:
    for gone in sorted(label for label, has in changes.labels.items() if not has):
        script.do(
            "DELETE FROM entrepot.label"
            " WHERE tenant = %b AND name = %b AND value = %b AND thing = %b",
            gone,
        )
    if kept := sorted(label for label, has in changes.labels.items() if has):
        script.do(
            "INSERT INTO entrepot.label SELECT * FROM"
            " unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::bigint[]) ON CONFLICT DO NOTHING",
            _columns(kept),
        )


def _write_names(script: _Script, changes: Changes) -> None:
    for name, value in changes.names.items():
        insert = "INSERT INTO entrepot.meta VALUES (%t, %b) ON CONFLICT (name) DO "
        if name not in changes.recalled:
            script.do(insert + "UPDATE SET value = excluded.value", (name, value))
            continue
        before = changes.recalled[name]
        if before is None:
            cursor = script.do(insert + "NOTHING", (name, value))
        else:
            sql = "UPDATE entrepot.meta SET value = %b WHERE name = %t AND value = %b"
            cursor = script.do(sql, (value, name, before))

        def changed(cursor: Cursor = cursor) -> None:
            script.otherwise |= cursor.rowcount != 1

        script.check(changed)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """The rows turned on their side: arrays for `unnest`."""
    return [list(column) for column in zip(*rows, strict=True)]
