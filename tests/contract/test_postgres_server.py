"""What the PostgreSQL engine does when its server goes away, hangs, or belongs to somebody else."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import STATE, Device, states
from entrepot.core.things.product import Product
from entrepot.store.postgres.store import PostgresStore
from entrepot.store.postgres.tx import ReadTx
from tests import postgres
from tests.contract.goods import TENANT, device, product, space


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.PostgresServer]:
    """One of the module's own, to stop and start."""
    made = postgres.PostgresServer()
    yield made
    made.remove()


def create(tx: Tx) -> Product:
    return product(tx)


def count(tx: Tx) -> int:
    return tx.count(Product, TENANT)


def test_while_the_server_is_away_nothing_is_kept_and_all_goes_on_when_it_is_back(
    server: postgres.PostgresServer,
) -> None:
    store = PostgresStore(server.database())
    parent = store.write_now(lambda tx: space(tx))
    for away in (signal.SIGINT, signal.SIGQUIT):  # an orderly restart, and the plug pulled
        before = store.read_now(count)
        store.write_now(create)
        server.stop(away)

        async def ask() -> list[object]:
            calls = [store.write(create) for _ in range(5)] + [store.read(count) for _ in range(5)]
            return await asyncio.gather(*calls, return_exceptions=True)

        for _ in range(2):
            assert {type(answer) for answer in asyncio.run(ask())} == {Unavailable}
        server.start()
        time.sleep(1.1)  # that long nobody tries again
        assert store.read_now(count) == before + 1
        store.write_now(lambda tx: product(tx, space=parent.id))
        assert store.read_now(count) == before + 2
    store.close()


def test_connections_that_were_cut_while_nobody_used_them_are_made_anew(
    server: postgres.PostgresServer,
) -> None:
    url = server.database()
    store = PostgresStore(url)
    store.write_now(create)
    assert store.read_now(count) == 1
    with psycopg.connect(url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert store.read_now(count) == 1
    store.write_now(create)
    assert store.read_now(count) == 2
    store.close()


def test_a_reader_that_is_killed_in_a_scan_is_refused_once_and_the_next_is_answered(
    server: postgres.PostgresServer,
) -> None:
    url = server.database()
    store = PostgresStore(url)
    store.write_now(lambda tx: [product(tx, f"p{n}") for n in range(600)])
    looking, killed = threading.Event(), threading.Event()

    def scan(tx: Tx) -> int:
        n = 0
        for n, _ in enumerate(tx.scan(Product, TENANT)):
            if n == 0:
                looking.set()
                assert killed.wait(20)
        return n + 1

    async def race() -> None:
        reading = asyncio.ensure_future(store.read(scan, TENANT))
        waiting = asyncio.ensure_future(store.read(scan, TENANT))
        assert await asyncio.to_thread(looking.wait, 20)
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )
        killed.set()
        outcomes = await asyncio.gather(reading, waiting, return_exceptions=True)
        # Which of them was the first to turn out to be long, nobody knows.
        refused, told = sorted(outcomes, key=lambda one: isinstance(one, int))
        assert isinstance(refused, Unavailable)
        assert told == await store.read(scan, TENANT) == 600
        assert store.write_now(create)

    asyncio.run(race())
    store.close()


def test_a_database_with_tables_of_others_is_shared_and_theirs_are_left_alone(
    server: postgres.PostgresServer,
) -> None:
    url = server.database()
    with psycopg.connect(url, autocommit=True) as theirs:
        theirs.execute("CREATE TABLE public.product (x int); CREATE TABLE public.meta (x int)")
        theirs.execute("INSERT INTO public.product VALUES (1)")
    store = PostgresStore(url)
    store.write_now(create)
    store.close()
    with psycopg.connect(url) as theirs:
        assert theirs.execute("SELECT * FROM public.product").fetchall() == [(1,)]


def test_a_server_that_does_not_wait_for_the_disk_is_made_to(
    server: postgres.PostgresServer,
) -> None:
    url = server.database()
    with psycopg.connect(url, autocommit=True) as other:
        name = other.info.dbname
        other.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    store = PostgresStore(url)
    asked: list[Any] = []

    def look(tx: Any) -> None:
        asked.extend(tx.connection.execute("SHOW synchronous_commit").fetchall())

    store.write_now(look)
    store.close()
    assert asked == [("on",)]


def test_a_unit_that_others_wait_for_does_not_hold_up_the_reads(tmp_path: Path) -> None:
    store = PostgresStore(postgres.database(tmp_path))
    store.write_now(lambda tx: product(tx, claims=(Claim("n", "1"),)))
    go_on = threading.Event()

    def slow(tx: Tx) -> int:
        assert go_on.wait(10)
        return tx.count(Product, TENANT)

    async def both() -> list[int]:
        waiting = asyncio.ensure_future(store.read(slow))
        await asyncio.sleep(0.05)
        quick = [await asyncio.wait_for(store.read(count), 5) for _ in range(20)]
        assert not waiting.done()
        go_on.set()
        return [*quick, await waiting]

    assert asyncio.run(both()) == [1] * 21
    store.close()
    postgres.drop(tmp_path)


class Explained(ReadTx):
    """Keeps the server's plan of each statement."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def _rows(self, sql: str, values: Any) -> Any:
        plan = self.connection.execute(f"EXPLAIN {sql}".encode(), values).fetchall()
        self.plans.append("\n".join(str(line) for (line,) in plan))
        return super()._rows(sql, values)


def test_lists_of_several_labels_or_parents_are_merged_and_not_sorted(tmp_path: Path) -> None:
    """Else a first page costs as much as there is behind it."""
    url = postgres.database(tmp_path)
    store = PostgresStore(url)

    def fill(tx: Tx) -> list[int]:
        products = [product(tx, f"p{n}", tags={"site": str(n % 2)}) for n in range(3000)]
        for n in range(6000):
            device(tx, products[n % 5], f"d{n}", connection=("online", "offline")[n % 2])
        return [p.id for p in products[:5]]

    parents = store.write_now(fill)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
        tx = Explained(connection)
        tx.labelled(Device, TENANT, [(STATE, state) for state in states("online")], limit=3)
        tx.labelled(Product, TENANT, [("site", "0"), ("site", "1")], limit=3)
        tx.page(Device, TENANT, parent=parents, limit=3)
        lists = [plan for plan in tx.plans if "Append" in plan]
        assert len(lists) == 3, tx.plans
        for plan in lists:
            assert "Merge Append" in plan, plan
            assert "->  Sort" not in plan, plan
    store.close()
    postgres.drop(tmp_path)
