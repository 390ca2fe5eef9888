"""Which engine the settings name: an SQLite file in the data directory, or a PostgreSQL database.

What is kept there, and under which key, is not known here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from entrepot.core.ports import Ledger, Nonces, Store, Tx
from entrepot.core.urls import is_url, masked
from entrepot.store.server_lock import exclusive_server
from entrepot.store.sqlite.checkup import Checkup
from entrepot.store.sqlite.reader import SqliteReader
from entrepot.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from entrepot.config import Config
    from entrepot.store.postgres.checkup import PostgresCheckup
    from entrepot.store.transfer import StoreRows

R = TypeVar("R")
STORE = "entrepot.sqlite"


class Looking(Protocol):
    """A store for a program without an event loop, to look at."""

    def read_now(self, work: Callable[[Tx], R]) -> R:
        """See `Store.read`."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Engine(Looking, Store, Protocol):
    """The same, to change."""

    def write_now(self, work: Callable[[Tx], R]) -> R:
        """See `Store.write`."""
        ...


def open_engine(config: Config) -> Engine:
    """The store, made where it is missing and brought up to date.

    Raises:
        ValueError: it cannot be used; says why.
    """
    if not config.store:
        if config.workers > 1:
            from entrepot.store.sqlite.shared import SharedSqliteStore

            return SharedSqliteStore(config.data / STORE, scan_s=config.scan_s)
        return SqliteStore(config.data / STORE, scan_s=config.scan_s)
    from entrepot.store.postgres.store import PostgresStore

    return PostgresStore(config.store, scan_s=config.scan_s)


def read_engine(config: Config) -> Looking:
    """The store, to look at only.

    Raises:
        ValueError: there is none, or it cannot be read; says why.
    """
    if not config.store:
        return SqliteReader(config.data / STORE)
    from entrepot.store.postgres.store import PostgresStore

    return PostgresStore(config.store, make=False)


def checkup(config: Config) -> Checkup | PostgresCheckup:
    """What looks the store over.

    Raises:
        ValueError: it is not there, or not of this release.
    """
    if not config.store:
        return Checkup(config.data / STORE)
    from entrepot.store.postgres.checkup import PostgresCheckup

    return PostgresCheckup(config.store)


def moved(place: str, *, fill: bool = False) -> StoreRows:
    """The rows of the store at `sqlite:DIRECTORY` or `postgresql://...`; `fill`: a new one.

    Raises:
        ValueError: it is neither, or cannot be used; says why.
    """
    if place.startswith(("postgresql://", "postgres://")):
        from entrepot.store.postgres.transfer import PostgresRows

        return PostgresRows(place, fill=fill)
    kind, _, folder = place.partition(":")
    if kind != "sqlite" or not folder or is_url(folder):
        shown = masked(place) if ":" in place or "@" in place else place
        raise ValueError(f"{shown!r} is neither sqlite:DIRECTORY nor postgresql://...")
    from entrepot.store.sqlite.transfer import SqliteRows

    return SqliteRows(Path(folder) / STORE, fill=fill)


def counted_together(
    config: Config, counts: Path | None = None
) -> tuple[Ledger | None, Nonces | None]:
    """What servers on the store count calls in, None where each counts for itself; and nonces.

    `counts`: what `make_counts` made, where they are the processes of one server.
    """
    if config.redis:
        from entrepot.store.counting.redis import RedisLedger

        shared = RedisLedger(config.redis)
        return shared, shared
    if config.store and not config.count_alone:
        from entrepot.store.counting.postgres import PostgresLedger

        ledger = PostgresLedger(config.store)
        return ledger, ledger
    if config.store:
        return None, None
    from entrepot.dialect.nonces import MemoryNonces
    from entrepot.store.counting.nonce_journal import NonceJournal

    if counts is not None:
        from entrepot.store.counting.sqlite import SqliteLedger

        among = SqliteLedger(counts, NonceJournal(config.data))
        return among, among
    return None, MemoryNonces(NonceJournal(config.data))


def make_counts(config: Config, path: Path) -> None:
    """A file in which the processes of one server count together, where the store is one too."""
    if not config.store:
        from entrepot.store.counting import sqlite as sqlite_ledger
        from entrepot.store.counting.nonce_journal import NonceJournal

        sqlite_ledger.make(path, NonceJournal(config.data))


def exclusive(config: Config) -> AbstractContextManager[None]:
    """A context that one server at a time is in, where the store is for one server.

    Raises:
        ValueError: another process is in it; names it.
    """
    return nullcontext() if config.store else exclusive_server(config.data)


def store_location(config: Config) -> str:
    """Where the things are, for people to read."""
    return masked(config.store) if config.store else str(config.data)
