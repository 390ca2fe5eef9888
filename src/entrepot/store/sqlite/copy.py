"""A copy of an SQLite store as it was at one moment, taken while others go on writing to it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw

from entrepot.core.faults import Unavailable
from entrepot.store.sqlite.schema import connect, schema_version
from entrepot.store.sqlite.upgrade import migrate
from entrepot.store.upgrade import SCHEMA_VERSION

_PAGES = 1024  # in one step
Progress = Callable[[int, int], None]  # pages copied, pages in all


def copy_store(source: Path, target: Path, progress: Progress = lambda done, pages: None) -> None:
    """Nothing; `target`, a new file, holds what was committed when the copy began.

    It is one whole file on disk, without a log beside it. Writers are not held up; the log of the
    source cannot begin anew until the copy is done.

    Raises:
        Unavailable: the engine failed.
    """
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        reading = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            reading.set_busy_timeout(10_000)
            # A transaction held open keeps to one moment: without it every commit of a server
            # would make the copy begin again.
            reading.execute("PRAGMA query_only=1; BEGIN; SELECT count(*) FROM sqlite_schema")
            _copy(reading, target, progress)
        finally:
            reading.close()
        sync(target)
    except apsw.Error as error:
        raise Unavailable(f"the copy failed: {error}") from error


def _copy(reading: apsw.Connection, target: Path, progress: Progress) -> None:
    writing = apsw.Connection(str(target))
    try:
        with writing.backup("main", reading, "main") as copying:
            while not copying.done:
                copying.step(_PAGES)
                progress(copying.page_count - copying.remaining, copying.page_count)
        writing.execute("PRAGMA journal_mode=DELETE").fetchall()  # the file alone is everything
    finally:
        writing.close()


@contextmanager
def upgraded(store: Path) -> Iterator[Path]:
    """The store as it is, or where it is of an earlier schema, a copy of this one's for as long as the
    context lasts.

    Raises:
        ValueError: it is no store of ours, or of a newer release.
        Unavailable: the engine failed.
    """
    try:
        with closing(apsw.Connection(str(store), flags=apsw.SQLITE_OPEN_READONLY)) as reading:
            version = schema_version(reading)
        if version == SCHEMA_VERSION:
            yield store
            return
        with tempfile.TemporaryDirectory(prefix="entrepot-") as folder:
            copy = Path(folder) / store.name
            shutil.copyfile(store, copy)
            with closing(connect(copy)) as writing:
                migrate(writing)
            yield copy
    except apsw.Error as error:
        raise Unavailable(f"{store} cannot be read as a store: {error}") from error


def sync(path: Path) -> None:
    """Nothing, once the file or folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
