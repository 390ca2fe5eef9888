"""The connection to PostgreSQL breaks around a COMMIT: callers are told the truth about their writes."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import psycopg
import pytest

from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Product
from entrepot.store.postgres import store as engine
from entrepot.store.postgres.store import PostgresStore
from entrepot.store.upgrade import SCHEMA_VERSION
from tests import postgres
from tests.contract.goods import TENANT, product
from tests.faults.proxy import Proxy


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.PostgresServer]:
    made = postgres.PostgresServer()
    yield made
    made.remove()


@pytest.fixture
def proxy(server: postgres.PostgresServer) -> Iterator[Proxy]:
    with Proxy(server.database()) as running:
        yield running


def create(tx: Tx) -> int:
    """A product with a claim: a second one would be refused."""
    return product(tx, claims=(Claim("test.name", "once"),)).id


def products(store: PostgresStore) -> list[int]:
    return store.read_now(lambda tx: [p.id for p in tx.scan(Product, TENANT)])


@pytest.mark.parametrize("how", ["before", "after", "amid", "goodbye"])
def test_a_write_whose_commit_was_cut_off_is_kept_once_and_answered(proxy: Proxy, how: str) -> None:
    with closing(PostgresStore(proxy.url)) as store:
        proxy.cut = [how]
        made = store.write_now(create)
        assert proxy.cut == [], "nothing was cut"
        assert products(store) == [made]


def test_all_of_a_group_are_told_the_same_however_often_it_is_cut_off(proxy: Proxy) -> None:
    with closing(PostgresStore(proxy.url)) as store:

        async def many() -> list[int]:
            return await asyncio.gather(*(store.write(lambda tx: product(tx).id) for _ in range(9)))

        for cut in (["before", "before", "after"], ["amid", "before"], ["after"]):
            before = set(products(store))
            proxy.cut = list(cut)
            made = asyncio.run(many())
            assert len(set(made)) == 9
            assert set(products(store)) - before == set(made)


def test_while_the_server_stays_away_nobody_is_told_what_nobody_knows(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_PATIENCE_S", 0.3)
    with closing(PostgresStore(proxy.url)) as store:
        proxy.cut, proxy.closed = ["after"], True
        with pytest.raises(Unavailable, match="in the middle of the commit of group 1"):
            store.write_now(create)
        proxy.closed = False
        time.sleep(engine._REST_S)
        assert len(products(store)) == 1


def test_a_commit_that_the_server_is_still_at_is_waited_for(
    server: postgres.PostgresServer, proxy: Proxy
) -> None:
    """The server waits for a standby that is not there; the node asks, and waits with it."""
    with closing(PostgresStore(proxy.url)) as store, superuser(server, proxy) as other:
        store.write_now(lambda tx: product(tx).id)
        made: list[int] = []
        wait_for_standby(other, True)
        proxy.cut = ["amid"]
        writing = threading.Thread(target=lambda: made.append(store.write_now(create)))
        writing.start()
        assert waiting(other, "SyncRep")
        assert waiting(other, "transactionid")
        assert not made
        wait_for_standby(other, False)
        writing.join(20)
        assert made[0] in products(store)
        assert len(products(store)) == 2


def test_a_commit_that_no_standby_has_is_not_answered_as_kept(
    server: postgres.PostgresServer, proxy: Proxy
) -> None:
    """PostgreSQL says COMMIT, with a warning, when the wait for a standby is given up."""
    with closing(PostgresStore(proxy.url)) as store, superuser(server, proxy) as other:
        store.write_now(lambda tx: product(tx).id)
        wait_for_standby(other, True)
        refused: list[BaseException] = []

        def write() -> None:
            try:
                store.write_now(create)
            except Unavailable as fault:
                refused.append(fault)

        writing = threading.Thread(target=write)
        writing.start()
        (pid,) = waiting(other, "SyncRep")
        other.execute("SELECT pg_cancel_backend(%s)", (pid,))
        writing.join(20)
        wait_for_standby(other, False)
        assert "kept by one server alone" in str(refused[0])


def superuser(server: postgres.PostgresServer, proxy: Proxy) -> psycopg.Connection[Any]:
    """A connection past the proxy that waits for no standby itself."""
    connection = psycopg.connect(server.url("postgres"), autocommit=True)
    connection.execute("SET synchronous_commit = local")
    return connection


def wait_for_standby(other: psycopg.Connection[Any], wait: bool) -> None:
    other.execute(
        f"ALTER SYSTEM SET synchronous_standby_names = '{'nobody' if wait else ''}'".encode()
    )
    other.execute("SELECT pg_reload_conf()")
    time.sleep(0.2)


def waiting(other: psycopg.Connection[Any], event: str) -> list[int]:
    """The server processes that wait for it, once there are any."""
    sql = "SELECT pid FROM pg_stat_activity WHERE wait_event = %s AND application_name = 'entrepot'"
    for _ in range(200):
        if pids := [pid for (pid,) in other.execute(sql, (event,)).fetchall()]:
            return pids
        time.sleep(0.05)
    raise AssertionError(f"nobody waits for {event}")


def test_a_node_of_an_earlier_schema_writes_no_more_once_the_store_is_upgraded(
    server: postgres.PostgresServer,
) -> None:
    url = server.database()
    with closing(PostgresStore(url)) as store, psycopg.connect(url, autocommit=True) as later:
        made = store.write_now(create)
        newer = b"%d" % (SCHEMA_VERSION + 1)
        later.execute("UPDATE entrepot.meta SET value = %b WHERE name = 'schema'", (newer,))
        later.execute("DELETE FROM entrepot.node")
        for _ in range(2):
            with pytest.raises(Unavailable, match="replace this node"):
                store.write_now(lambda tx: product(tx).id)
        assert products(store) == [made]


def test_a_node_that_was_idle_for_long_is_known_again(server: postgres.PostgresServer) -> None:
    url = server.database()
    with closing(PostgresStore(url)) as idle:
        made = idle.write_now(create)
        with psycopg.connect(url, autocommit=True) as rows:
            rows.execute("UPDATE entrepot.node SET seen = seen - interval '2 days'")
            with closing(PostgresStore(url)) as new:
                new.write_now(lambda tx: product(tx).id)
            assert rows.execute("SELECT count(*) FROM entrepot.node").fetchone() == (1,)
            idle.write_now(lambda tx: tx.drop(cast(Product, tx.get(Product, TENANT, made))))
            assert rows.execute("SELECT count(*) FROM entrepot.node").fetchone() == (2,)
        assert len(products(idle)) == 1
