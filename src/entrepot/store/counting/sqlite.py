"""What the processes of one server count together where the store is an SQLite file. Knows no vendor's figures.

In a file of its own that lasts as long as the server: nothing waits for the disk, and nonces are
also in the journal, from which the next server has them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import apsw

from entrepot.core.faults import Unavailable
from entrepot.store.counting.calls import Counting, Hit, Mark, grant
from entrepot.store.counting.nonce_journal import NonceJournal
from entrepot.store.sqlite.schema import make_private
from entrepot.store.worker_threads import Outcome

_TOGETHER = 256
_PATIENCE_S = 5
_SWEEP_S = 60
_TABLES = """
CREATE TABLE rate (tenant INTEGER, name TEXT, calls BLOB, PRIMARY KEY (tenant, name)) WITHOUT ROWID;
CREATE TABLE nonce (mark BLOB PRIMARY KEY, ends INTEGER, kept INTEGER) WITHOUT ROWID;
"""
# A mark has ended by the time of day and has also been kept so long by a clock that nobody sets: if the time
# of day is set forward and back, requests of before are still known.
_ENDED = "nonce.ends < ? AND nonce.kept < ?"


def make(path: Path, journal: NonceJournal) -> None:
    """A new file with the nonces that the journal knows."""
    connection = _connected(path)
    connection.execute(_TABLES)
    now_ms, uptime_ms = _now_ms(), _uptime_ms()
    living = ((mark, (minute + 1) * 60_000) for minute, mark in journal.living(now_ms // 60_000))
    with connection:
        connection.executemany(
            "INSERT OR REPLACE INTO nonce VALUES (?,?,?)",
            ((mark, ends_ms, uptime_ms + ends_ms - now_ms) for mark, ends_ms in living),
        )
    connection.close()


class SqliteLedger(Counting):
    """See `Ledger`. One for each process, all on the file that was made before."""

    def __init__(self, path: Path, journal: NonceJournal) -> None:
        self._connection = _connected(path)
        self._journal = journal
        self._swept = time.monotonic()
        super().__init__(threads=1, most=_TOGETHER)

    def close(self) -> None:
        """Let go of the files."""
        self._workers.close()
        self._connection.close()
        self._journal.close()

    def _settle(self, asked: Sequence[Any]) -> list[Outcome]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                answers = [self._answer(one) for one in asked]
                if time.monotonic() - self._swept > _SWEEP_S:
                    self._swept = time.monotonic()
                    ended = f"DELETE FROM nonce WHERE {_ENDED}"  # noqa: S608
                    self._connection.execute(ended, (_now_ms(), _uptime_ms()))
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
        except apsw.Error as error:
            return [(None, Unavailable(str(error)))] * len(asked)
        for one, answer in zip(asked, answers, strict=True):
            if answer is True:
                self._journal.add((_now_ms() + one.life_ms) // 60_000, one.mark)
        return [(answer, None) for answer in answers]

    def _answer(self, one: Hit | Mark) -> Any:
        return self._hit(one) if isinstance(one, Hit) else self._first(one)

    def _hit(self, hit: Hit) -> float:
        found: list[Any] = self._connection.execute(
            "SELECT calls FROM rate WHERE tenant=? AND name=?", (hit.tenant, hit.name)
        ).fetchall()
        granted = grant(found[0][0] if found else b"", _uptime_ms(), 1, hit.per_s)
        self._connection.execute(
            "INSERT OR REPLACE INTO rate VALUES (?,?,?)", (hit.tenant, hit.name, granted.calls)
        )
        return 0.0 if granted.granted else granted.wait_s

    def _first(self, mark: Mark) -> bool:
        now_ms, uptime_ms, life_ms = _now_ms(), _uptime_ms(), mark.life_ms
        self._connection.execute(
            "INSERT INTO nonce VALUES (?,?,?) ON CONFLICT DO UPDATE"  # noqa: S608
            f" SET ends = excluded.ends, kept = excluded.kept WHERE {_ENDED}",
            (mark.mark, now_ms + life_ms, uptime_ms + life_ms, now_ms, uptime_ms),
        )
        return self._connection.changes() == 1


def _connected(path: Path) -> apsw.Connection:
    make_private(path)
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(_PATIENCE_S * 1000)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("PRAGMA synchronous=OFF")
    return connection


def _now_ms() -> int:
    # The clock of the requests' own dates: set back or forward, it moves both.
    return time.time_ns() // 1_000_000


def _uptime_ms() -> int:
    """One clock for all processes of a machine, which nobody sets."""
    return time.monotonic_ns() // 1_000_000
