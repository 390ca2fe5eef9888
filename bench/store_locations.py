"""Where the stores of `growth` are: directories, and databases of a PostgreSQL server of its own.

A home is copied before it is measured where what is measured makes it grow.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import psycopg

from bench.load import server_cpu_s
from tests.postgres import PostgresServer

POSTGRES_SETTINGS = (
    "fsync=on", "shared_buffers=2GB", "max_wal_size=8GB", "min_wal_size=1GB",
    "checkpoint_timeout=15min", "effective_cache_size=8GB",
)  # fmt: skip
"""What a server for so much data is given; all else is PostgreSQL's default."""


@dataclass(frozen=True, slots=True)
class StoreLocation:
    """What `entrepot` calls --data and --store."""

    data: Path
    store: str = ""


class StoreLocations(Protocol):
    """One engine's homes by name."""

    engine: str

    def location(self, name: str) -> StoreLocation:
        """The home, made if it is not there."""
        ...

    def copied(self, location: StoreLocation, name: str) -> StoreLocation:
        """Another that holds the same; nobody may have either open."""
        ...

    def settled(self, location: StoreLocation) -> None:
        """Nothing; what a server does in quiet hours is done."""
        ...

    def size(self, location: StoreLocation) -> int:
        """Its bytes on disk, but for a log that is used again and again."""
        ...

    def cpu_s(self) -> float:
        """CPU seconds that processes of its own have used."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


class Directories:
    """SQLite."""

    engine = "sqlite"

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def location(self, name: str) -> StoreLocation:
        return StoreLocation(self._directory / name)

    def copied(self, location: StoreLocation, name: str) -> StoreLocation:
        copy = self.location(name)
        shutil.rmtree(copy.data, ignore_errors=True)
        shutil.copytree(location.data, copy.data)
        return copy

    def settled(self, location: StoreLocation) -> None:
        pass

    def size(self, location: StoreLocation) -> int:
        files = location.data.iterdir()
        return sum(f.stat().st_size for f in files if not f.name.endswith("-wal"))

    def cpu_s(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


class Databases:
    """PostgreSQL, on the disk that is measured and with `fsync` on."""

    engine = "postgresql"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        flags = [word for setting in POSTGRES_SETTINGS for word in ("-c", setting)]
        self._server = PostgresServer(*flags, folder=directory / "server")

    def location(self, name: str) -> StoreLocation:
        there = "SELECT FROM pg_database WHERE datname = %s"
        if not self._execute(there, (name,)):
            self._execute(f"CREATE DATABASE {name}")
        return StoreLocation(self._directory / name, self._server.url(name))

    def copied(self, location: StoreLocation, name: str) -> StoreLocation:
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._execute(f"CREATE DATABASE {name} TEMPLATE {_name(location)} STRATEGY FILE_COPY")
        copy = self.location(name)
        shutil.rmtree(copy.data, ignore_errors=True)
        shutil.copytree(location.data, copy.data)
        return copy

    def settled(self, location: StoreLocation) -> None:
        with psycopg.connect(location.store, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")

    def size(self, location: StoreLocation) -> int:
        ((size,),) = self._execute("SELECT pg_database_size(%s)", (_name(location),))
        return int(size)

    def cpu_s(self) -> float:
        process = self._server.process
        assert process is not None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
        return sum(server_cpu_s(int(pid)) for pid in [str(process.pid), *children.split()])

    def _execute(self, sql: str, values: tuple[str, ...] = ()) -> list[tuple[int, ...]]:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            cursor = connection.execute(sql.encode(), values or None)
            return cursor.fetchall() if cursor.description is not None else []

    def close(self) -> None:
        self._server.stop()


def _name(location: StoreLocation) -> str:
    return urlsplit(location.store).path[1:]


ENGINES: dict[str, Callable[[Path], StoreLocations]] = {
    "sqlite": Directories,
    "postgresql": Databases,
}
