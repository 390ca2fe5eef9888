"""What nodes count together, in PostgreSQL: calls a second, and nonces. Knows no vendor's figures.

All who ask at one moment are answered by one transaction, which does not wait for the disk: a
server that crashes forgets a fraction of a second.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import errors

from entrepot.core.faults import Unavailable
from entrepot.store.counting.calls import Counting, Hit, Mark, grant
from entrepot.store.postgres.schema import Connection, connect
from entrepot.store.worker_threads import Outcome

_TOGETHER = 256
_ATTEMPTS = 5
_SWEEP_S = 60
_NOW = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"  # one clock for all nodes


class PostgresLedger(Counting):
    """See `Ledger`."""

    def __init__(self, url: str) -> None:
        """Nothing is connected before somebody asks."""
        self._url = url
        self._connection: Connection | None = None
        super().__init__(threads=1, most=_TOGETHER)
        self._swept = time.monotonic()

    def close(self) -> None:
        """Let go of the server."""
        self._workers.close()
        if self._connection is not None:
            self._connection.close()

    def _settle(self, asked: Sequence[Any]) -> list[Outcome]:
        for attempt in range(_ATTEMPTS):
            try:
                return self._together(asked)
            except (errors.DeadlockDetected, errors.SerializationFailure):
                pass
            except psycopg.Error as error:
                gone = self._connection is None or self._connection.closed
                self._let_go()
                if attempt or not gone:
                    return [(None, Unavailable(str(error)))] * len(asked)
        return [(None, Unavailable("the counts of calls are busy"))] * len(asked)

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _together(self, asked: Sequence[Any]) -> list[Outcome]:
        connection = self._connected()
        try:
            hits = _hits(connection, [a for a in asked if isinstance(a, Hit)])
            nonces = _nonces(connection, [a for a in asked if isinstance(a, Mark)])
            if time.monotonic() - self._swept > _SWEEP_S:
                self._swept = time.monotonic()
                sql = f"DELETE FROM entrepot.nonce WHERE ends < {_NOW}"  # noqa: S608
                connection.execute(sql.encode())
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise
        return [(hits[id(a)] if isinstance(a, Hit) else nonces[id(a)], None) for a in asked]

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url)
            self._connection.execute(
                "SELECT set_config('synchronous_commit', 'off', false),"
                " set_config('lock_timeout', '5s', false),"
                " set_config('idle_in_transaction_session_timeout', '5s', false)"
            )
        return self._connection


def _hits(connection: Connection, asked: list[Hit]) -> dict[int, float]:
    """How long each has to wait, by the identity of who asks."""
    answers: dict[int, float] = {}
    if not asked:
        return answers
    keys = sorted({_key(hit) for hit in asked})  # one order for all nodes: nobody waits in a ring
    with connection.pipeline():
        connection.execute("BEGIN")
        found = []
        for tenant, name, _ in keys:
            connection.execute(
                "INSERT INTO entrepot.rate VALUES (%b, %t, '') ON CONFLICT DO NOTHING",
                (tenant, name),
            )
            cursor = connection.cursor(binary=True)
            sql = f"SELECT calls, {_NOW} FROM entrepot.rate WHERE tenant = %b AND name = %t FOR UPDATE"  # noqa: S608
            found.append(cursor.execute(sql.encode(), (tenant, name)))
    with connection.pipeline():
        for key, cursor in zip(keys, found, strict=True):
            ((calls, now_ms),) = cursor.fetchall()
            mine = [hit for hit in asked if _key(hit) == key]
            granted = grant(calls, now_ms, len(mine), key[2])
            for i, hit in enumerate(mine):
                answers[id(hit)] = 0.0 if i < granted.granted else granted.wait_s
            connection.execute(
                "UPDATE entrepot.rate SET calls = %b WHERE tenant = %b AND name = %t",
                (granted.calls, *key[:2]),
            )
        connection.execute("COMMIT")
    return answers


def _key(hit: Hit) -> tuple[int, str, int]:
    return hit.tenant, hit.name, hit.per_s


def _nonces(connection: Connection, asked: list[Mark]) -> dict[int, bool]:
    """Whether each is new, by the identity of who asks."""
    if not asked:
        return {}
    first: dict[bytes, Mark] = {}
    for nonce in asked:
        first.setdefault(nonce.mark, nonce)
    ordered = sorted(first.items())
    rows = connection.cursor(binary=True).execute(
        f"INSERT INTO entrepot.nonce SELECT mark, {_NOW} + life"  # noqa: S608
        " FROM unnest(%b::bytea[], %b::bigint[]) u (mark, life)"
        " ON CONFLICT (mark) DO UPDATE SET ends = excluded.ends"
        f" WHERE nonce.ends < {_NOW} RETURNING mark".encode(),
        ([mark for mark, _ in ordered], [nonce.life_ms for _, nonce in ordered]),
    )
    fresh = {mark for (mark,) in rows.fetchall()}
    return {id(n): n.mark in fresh and first[n.mark] is n for n in asked}
