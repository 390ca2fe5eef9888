"""What the SQLite engine does with a file that is not, or not quite, its own."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from random import Random
from typing import Any

import apsw
import pytest

from entrepot.core.things.product import Product
from entrepot.store.sqlite.shared import SharedSqliteStore
from entrepot.store.sqlite.store import SqliteStore
from entrepot.store.upgrade import SCHEMA_VERSION
from tests.contract.goods import TENANT, entry, product


def test_another_programs_file_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "theirs.sqlite"
    with apsw.Connection(str(path)) as theirs:
        theirs.execute("CREATE TABLE notes (text)")
    with pytest.raises(ValueError, match="another program"):
        SqliteStore(path)
    with apsw.Connection(str(path)) as theirs:
        tables = theirs.execute("SELECT name FROM sqlite_schema").fetchall()
    assert tables == [("notes",)]


def test_a_file_that_is_no_database_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "text.sqlite"
    path.write_text("not a database, " * 100)
    with pytest.raises(ValueError, match="not an SQLite file"):
        SqliteStore(path)
    assert path.read_text().startswith("not a database")


def test_a_newer_releases_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.sqlite"
    SqliteStore(path).close()
    with apsw.Connection(str(path)) as newer:
        newer.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    with pytest.raises(ValueError, match="newer release"):
        SqliteStore(path)


def test_a_failed_creation_leaves_an_empty_file_that_the_next_opening_takes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "empty.sqlite"
    path.touch()
    store = SqliteStore(path)
    assert store.write_now(lambda tx: tx.new_id()) > 0
    store.close()


def test_the_next_line_of_a_history_costs_the_same_however_long_it_is(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "long.sqlite")

    def steps(tx: Any) -> int:
        """How many instructions SQLite needed to number a line."""
        taken = []
        tx.connection.set_progress_handler(lambda: bool(taken.append(1)), 1)
        try:
            tx.last_revision(TENANT, 7)
        finally:
            tx.connection.set_progress_handler(None)
        return len(taken)

    def lengthen(tx: Any) -> None:
        for revision in range(2, 2_000):
            tx.note(TENANT, entry(7, revision, model=["x" * 100, "y" * 100]))

    store.write_now(lambda tx: tx.note(TENANT, entry(7)))
    short = store.read_now(steps)
    store.write_now(lengthen)
    assert 0 < store.read_now(steps) <= short
    store.close()


def test_no_answer_leaves_before_the_disk_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of a write nor of a read that saw it; the disk is made slow, nothing is faked."""
    store = SqliteStore(tmp_path / "slow.sqlite")
    disk, on_disk = os.fdatasync, threading.Event()

    def slow(descriptor: int) -> None:
        assert on_disk.wait(10)
        disk(descriptor)

    monkeypatch.setattr(os, "fdatasync", slow)

    async def race() -> None:
        writing = asyncio.ensure_future(store.write(lambda tx: tx.remember("x", b"1")))
        await asyncio.sleep(0.05)
        reading = asyncio.ensure_future(store.read(lambda tx: tx.recall("x")))
        both: list[asyncio.Future[Any]] = [writing, reading]
        done, _ = await asyncio.wait(both, timeout=0.2)
        assert not done
        on_disk.set()
        await asyncio.wait_for(writing, 10)
        assert await asyncio.wait_for(reading, 10) == b"1"

    asyncio.run(race())
    store.close()


def test_a_closed_store_has_let_go_of_its_files(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "gone.sqlite")
    store.write_now(lambda tx: tx.remember("x", b"1"))
    assert store.read_now(lambda tx: tx.recall("x")) == b"1"
    assert asyncio.run(store.read(lambda tx: tx.recall("x"))) == b"1"
    store.close()
    # The last connection to close takes the log back into the file.
    assert [p.name for p in tmp_path.iterdir()] == ["gone.sqlite"]


class SlowToCopy(SqliteStore):
    """Its checkpoints wait until they may go on; nothing is faked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.copying, self.go_on = threading.Event(), threading.Event()

    def _copy_log(self) -> None:
        self.copying.set()
        assert self.go_on.wait(10)
        super()._copy_log()


def test_a_checkpoint_that_outlives_its_event_loop_is_not_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrepot.store.sqlite.store.WAL_PAGES", 20)
    path = tmp_path / "loops.sqlite"
    store = SlowToCopy(path)
    log = path.with_name(f"{path.name}-wal")
    chance = Random(1)

    async def write(then_s: float = 0.0) -> None:
        bulk = {"test": {"bulk": chance.randbytes(100_000).hex()}}
        await store.write(lambda tx: product(tx, extras=bulk))
        await asyncio.sleep(then_s)

    asyncio.run(write())
    assert store.copying.wait(10)
    store.go_on.set()
    for _ in range(10):
        asyncio.run(write(0.1))
    assert log.stat().st_size < 1_000_000
    store.close()


@pytest.mark.parametrize("kind", [SqliteStore, SharedSqliteStore])
def test_a_store_that_is_closed_in_the_middle_of_a_checkpoint_tells_of_no_failure(
    kind: type[SqliteStore],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for module in ("sqlite.store", "sqlite.shared"):
        monkeypatch.setattr(f"entrepot.store.{module}.WAL_PAGES", 20)
    slow = type("Slow", (SlowToCopy, kind), {})
    store = slow(tmp_path / "closed.sqlite")

    async def write() -> None:
        bulk = {"test": {"bulk": Random(1).randbytes(100_000).hex()}}
        made = await store.write(lambda tx: product(tx, extras=bulk))
        assert await asyncio.to_thread(store.copying.wait, 10)
        threading.Timer(0.05, store.go_on.set).start()
        store.close()
        assert store.go_on.is_set()  # it waited for the checkpoint
        await asyncio.sleep(0.01)  # whoever was to be told of that is told
        assert made

    asyncio.run(write())
    assert caplog.text == ""
    again = SqliteStore(tmp_path / "closed.sqlite")
    assert again.read_now(lambda tx: tx.count(Product, TENANT)) == 1
    again.close()
