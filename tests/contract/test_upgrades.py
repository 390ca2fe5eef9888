"""Stores of earlier schemas: what follows from documents is made anew, however often the work is cut off."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from threading import Barrier

import apsw
import psycopg
import pytest

from entrepot import engines
from entrepot import main as root
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.ports import Tx
from entrepot.core.things.device import STATE, Device, states
from entrepot.core.things.product import Product
from entrepot.store import upgrade as steps
from entrepot.store.postgres.upgrade import _Database
from entrepot.store.sqlite.upgrade import _File
from entrepot.store.upgrade import SCHEMA_VERSION, upgrade
from tests import postgres
from tests.cli.console import Console
from tests.contract.goods import device, product

PRODUCTS = 40


@pytest.fixture(params=["sqlite", "postgres"])
def console(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Console]:
    """A store of this release with a few products, on one engine after the other."""
    store = postgres.database(tmp_path) if request.param == "postgres" else ""
    made = Console(tmp_path, store).with_dev()
    fill(made, PRODUCTS)
    yield made
    postgres.drop(tmp_path)


def fill(console: Console, products: int, bulk: int = 0) -> None:
    """`bulk`: so many characters that cannot be packed are in each."""
    chance = Random(1)

    def work(tx: Tx) -> None:
        dev = tenant_named(tx, "dev")
        for i in range(products):
            tags = {"site": str(i % 3), "nul\0": "灯"}
            extras = {"test": {"bulk": chance.randbytes(bulk // 2).hex()}}
            of = product(
                tx, f"p{i}", tenant=dev.id, space=dev.default_space, tags=tags, extras=extras
            )
            device(tx, of, f"d{i}", tags=tags, extras=extras)

    with closing(console.opened()) as installation:
        installation.store.write_now(work)


def execute(console: Console, postgresql: str, sqlite: str) -> None:
    if console.config.store:
        with psycopg.connect(console.config.store, autocommit=True) as rows:
            rows.execute(postgresql.encode())
    else:
        with closing(apsw.Connection(str(console.data / root.STORE))) as file:
            file.execute(sqlite)


def make_of_schema_5(console: Console) -> None:
    """As it was before devices had labels."""
    execute(
        console,
        "UPDATE entrepot.meta SET value = '5' WHERE name = 'schema';"
        "DELETE FROM entrepot.label l WHERE EXISTS (SELECT FROM entrepot.device d WHERE d.id = l.thing);"
        "ALTER TABLE entrepot.label RENAME COLUMN thing TO product;"
        "ALTER TABLE entrepot.block RENAME COLUMN number TO block",
        "DELETE FROM label WHERE thing IN (SELECT id FROM device); DROP INDEX device_in;"
        "ALTER TABLE label RENAME COLUMN thing TO product;"
        "PRAGMA user_version=5",
    )


def make_old(console: Console) -> None:
    """Of schema 1, with labels and totals that have nothing to do with the products."""
    execute(
        console,
        "UPDATE entrepot.meta SET value = '1' WHERE name = 'schema'; DELETE FROM entrepot.label;"
        "INSERT INTO entrepot.label VALUES (1, 'a', 'b', 2); UPDATE entrepot.total SET n = n + 7;"
        "DELETE FROM entrepot.block; DROP TABLE entrepot.node, entrepot.nonce;"
        "CREATE TABLE entrepot.tag (tenant bigint)",
        "DELETE FROM label; INSERT INTO label VALUES (1, 'a', 'b', 2); UPDATE total SET n = n + 7;"
        "CREATE TABLE tag (tenant); PRAGMA user_version=1",
    )


def piece_by_piece(console: Console, cut_at: int = 0) -> None:
    """Upgrade; `cut_at`: as far as the piece of that number, which is cut off before its end."""
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done == cut_at:
            raise KeyboardInterrupt

    class Database(_Database):
        def remember(self, mark: steps.Mark | None) -> None:
            super().remember(mark)
            count()

    class File(_File):
        def remember(self, mark: steps.Mark | None) -> None:
            super().remember(mark)
            count()

    if console.config.store:
        with psycopg.connect(console.config.store, autocommit=True) as rows:
            upgrade(Database(rows))
    else:
        with closing(apsw.Connection(str(console.data / root.STORE))) as file:
            file.set_busy_timeout(20_000)
            upgrade(File(file))


def is_well(console: Console, products: int = PRODUCTS) -> None:
    """Everything agrees, and is found."""
    said = console("doctor")
    assert said.status == 0, said.out
    with closing(console.opened()) as installation:

        def found(tx: Tx) -> set[int]:
            dev, label = tenant_named(tx, "dev").id, [("nul\0", "灯")]
            counts = {tx.count(Product, dev), tx.count(Device, dev)}
            return counts | {
                tx.labelled(Product, dev, label)[1],
                tx.labelled(Device, dev, label)[1],
                tx.labelled(Device, dev, [(STATE, s) for s in states("inactive")])[1],
            }

        assert installation.store.read_now(found) == {products}


def test_what_follows_from_documents_is_made_anew(console: Console) -> None:
    make_old(console)
    said = console("doctor")
    assert (said.status, "schema 1" in said.err) == (1, True)
    console.opened().close()
    is_well(console)


@pytest.mark.parametrize("pieces", [9, 40, 1000])
def test_devices_get_their_labels_and_what_has_labels_keeps_them(
    console: Console, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(steps, "PIECE_ROWS", pieces)
    make_of_schema_5(console)
    with pytest.raises(KeyboardInterrupt):
        piece_by_piece(console, 2)
    console.opened().close()
    is_well(console)


def test_an_upgrade_that_is_cut_off_has_not_happened_yet_and_goes_on(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PIECE_ROWS", 9)
    make_old(console)
    for cut_at in (1, 3, 2):  # the first time nothing is left of it
        with pytest.raises(KeyboardInterrupt):
            piece_by_piece(console, cut_at)
        for words in ("doctor", "credentials", "product list"):
            said = console(*words.split())
            assert said.status == 1, words
            assert "schema 1" in said.err, words
    console.opened().close()
    is_well(console)


def test_a_still_newer_release_begins_anew_what_another_left(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was staged for one schema may not be what the next one wants."""
    monkeypatch.setattr(steps, "PIECE_ROWS", 9)
    make_old(console)
    with pytest.raises(KeyboardInterrupt):
        piece_by_piece(console, 3)
    execute(console, "INSERT INTO entrepot.label_anew VALUES (1, 'a', 'b', 7)",
            "INSERT INTO label_anew VALUES (1, 'a', 'b', 7)")  # fmt: skip
    next_ = steps.Step(SCHEMA_VERSION + 1, "the one after this one")
    with monkeypatch.context() as later:
        later.setattr(steps, "STEPS", (*steps.STEPS, next_))
        for module in ("upgrade", "sqlite.upgrade", "postgres.upgrade"):
            later.setattr(f"entrepot.store.{module}.SCHEMA_VERSION", next_.schema)
        piece_by_piece(console)
    said = console("doctor")
    assert f"schema {next_.schema}, newer than {SCHEMA_VERSION}" in said.err
    execute(console, f"UPDATE entrepot.meta SET value = '{SCHEMA_VERSION}' WHERE name = 'schema'",
            f"PRAGMA user_version={SCHEMA_VERSION}")  # fmt: skip
    is_well(console)


def test_several_that_start_at_once_share_the_work(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PIECE_ROWS", 3)
    make_old(console)

    def start(_: int) -> None:
        with suppress(ValueError):  # the file is another's for longer than we wait
            piece_by_piece(console)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(start, range(4)))
    is_well(console)


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_several_that_find_nothing_make_one_store(tmp_path: Path, engine: str) -> None:
    store = postgres.database(tmp_path) if engine == "postgres" else ""
    console = Console(tmp_path, store)
    start = Barrier(6)

    def begin(_: int) -> int:
        start.wait(20)
        with closing(engines.open_engine(console.config)) as opened:
            return opened.write_now(lambda tx: tx.new_id())

    with ThreadPoolExecutor(6) as threads:
        assert len(set(threads.map(begin, range(6)))) == 6
    with closing(engines.checkup(console.config)) as checkup:
        assert [c for c in checkup.look() if c.count] == []
    postgres.drop(tmp_path)


def test_the_largest_documents_do_not_meet_in_memory(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "PIECE_BYTES", 1 << 20)
    fill(console, 60, bulk=400_000)  # 12 MB when packed
    make_old(console)
    tracemalloc.start()
    try:
        console.opened().close()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 6 << 20
    is_well(console, PRODUCTS + 60)
