"""PostgreSQL fails: each vendor's callers are told so in its words, and nothing else is needed to go on."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from entrepot.core.faults import Unavailable
from tests.cli.console import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.faults.disk import Goods, look, said_as, wait_until_ready
from tests.postgres import PostgresServer
from tests.server import Server

ROMA = next(a for a in WITH_PRODUCTS if a.dialect == "roma")


class Node(Server):
    """One server, alone on a PostgreSQL server of its own, that outlives every test here."""

    def __init__(self, folder: Path, postgres: PostgresServer) -> None:
        self.postgres = postgres
        flags = ("--admin-port", "0", "--count-alone", "true", "--max-in-work", "2")
        super().__init__(folder, *flags, store=postgres.database())

    def credentials(self, tenant: str = "dev") -> dict[str, Any]:
        return self._credentials

    @cached_property
    def _credentials(self) -> dict[str, Any]:
        return super().credentials()

    def execute(self, sql: str) -> Any:
        with psycopg.connect(self.config.store, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else None


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    postgres = PostgresServer()
    with Node(tmp_path_factory.mktemp("node"), postgres) as running:
        yield running
    postgres.remove()


@contextmanager
def away(node: Node) -> Iterator[None]:
    node.postgres.stop()
    yield
    node.postgres.start()


_FULL = """
CREATE FUNCTION entrepot.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
"""
_NO_ROOM = (
    "CREATE TRIGGER no_room BEFORE INSERT OR UPDATE ON entrepot.{}"
    " FOR EACH ROW EXECUTE FUNCTION entrepot.full();"
)


@contextmanager
def full(node: Node) -> Iterator[None]:
    """What the server says when its disk is full, said at every new row."""
    # meta: what /readyz writes
    node.execute(_FULL + _NO_ROOM.format("product") + _NO_ROOM.format("meta"))
    yield
    node.execute("DROP FUNCTION entrepot.full CASCADE")


@contextmanager
def read_only(node: Node) -> Iterator[None]:
    """As a standby is, or a server whose operator has had enough."""
    node.execute("ALTER SYSTEM SET default_transaction_read_only = on")
    node.execute("SELECT pg_reload_conf()")
    yield
    node.execute("ALTER SYSTEM RESET default_transaction_read_only")
    node.execute("SELECT pg_reload_conf()")


@pytest.mark.parametrize(("fault", "reads"), [(away, False), (full, True), (read_only, True)])
def test_calls_are_refused_in_each_vendors_words_and_all_goes_on_by_itself(
    node: Node, fault: Callable[[Node], AbstractContextManager[None]], reads: bool
) -> None:
    goods = [Goods(adapter, node) for adapter in WITH_PRODUCTS]
    made = [g.make() for g in goods]
    assert len(made) == 4
    with fault(node):
        assert wait_until_ready(node.admin, ready=False)
        for g, handle in zip(goods, made, strict=True):
            assert said_as(g.adapter, g.create(), Unavailable), g.adapter.dialect
            if reads:
                assert g.can_show(handle), g.adapter.dialect
            else:
                assert said_as(g.adapter, g.show(handle), Unavailable), g.adapter.dialect
        assert look(node.admin, "/healthz")[0] == 200
    wait_until_ready(node.admin)
    made += [g.make() for g in goods]
    assert all(g.can_show(handle) for g, handle in zip(goods * 2, made, strict=True))
    said = Console(node.data, node.config.store)("doctor")
    assert said.status == 0, said.out


def test_a_full_disk_is_told_where_small_values_still_find_room_and_nobody_connects_again(
    node: Node,
) -> None:
    """As a real one was seen to be (`python -m tests.faults.full_disk`): what it says at a new row; what
    changes a row in place is kept; and a new connection is refused, for which the server would write a file."""
    goods = Goods(ROMA, node)
    made, (there,) = goods.make(), connected(node)
    assert goods.can_show(made)  # what reads is connected too
    node.execute(_FULL + _NO_ROOM.format("product"))
    name = urlsplit(node.config.store).path[1:]
    with psycopg.connect(node.postgres.url("postgres"), autocommit=True) as operator:
        operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        try:
            for _ in range(2):
                assert said_as(ROMA, goods.create(), Unavailable)
                assert goods.can_show(made)
                assert "No space left on device" in wait_until_ready(node.admin, ready=False)
        finally:
            operator.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    node.execute("DROP FUNCTION entrepot.full CASCADE")
    assert goods.can_show(goods.make())
    wait_until_ready(node.admin)
    assert connected(node) == [there]


def connected(node: Node) -> list[int]:
    """The server's processes for connections of the node that write."""
    found = node.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'entrepot'"
        " AND datname = current_database() AND query LIKE '%COMMIT%'"
    )
    return [pid for (pid,) in found]


def test_a_server_that_stands_still_holds_answers_back_and_loses_none(node: Node) -> None:
    """As it looks from here when its disk takes long to sync, or its machine is paused."""
    goods = Goods(ROMA, node)
    made = [goods.make()]
    still = processes(node.postgres)
    for pid in still:
        os.kill(pid, signal.SIGSTOP)
    try:
        waiting = [threading.Thread(target=lambda: made.append(goods.make())) for _ in "ab"]
        for thread in waiting:
            thread.start()
        assert "not taken a write" in wait_until_ready(node.admin, ready=False)
        assert said_as(ROMA, goods.create(), Unavailable)
        assert len(made) == 1
    finally:
        for pid in still:
            os.kill(pid, signal.SIGCONT)
    for thread in waiting:
        thread.join(30)
    wait_until_ready(node.admin)
    assert len(set(made)) == 3
    assert all(goods.can_show(handle) for handle in made)


def processes(postgres: PostgresServer) -> list[int]:
    """The postmaster and all that it has started."""
    assert postgres.process is not None
    parent = postgres.process.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [parent, *map(int, children)]


def test_a_spoilt_page_is_told_and_what_is_elsewhere_is_still_answered(node: Node) -> None:
    goods = Goods(ROMA, node)
    newest = [goods.make() for _ in range(100)][-1]
    ((path, oldest),) = node.execute(
        "SELECT pg_relation_filepath('entrepot.product'), min(id) FROM entrepot.product"
        " WHERE (ctid::text::point)[0] = 0"
    )
    node.postgres.stop()
    file = node.postgres.folder / "data" / path
    page = file.read_bytes()[:8192]
    put(file, b"\xa5" * 8192)
    node.postgres.start()
    try:
        wait_until_ready(node.admin)  # nobody has met it yet
        assert said_as(ROMA, goods.show(str(oldest)), Unavailable)
        assert goods.can_show(newest)
        status, text = look(node.admin)
        assert (status, "the store is damaged" in text) == (503, True)
    finally:
        node.postgres.stop()
        put(file, page)
        node.postgres.start()
    assert goods.can_show(str(oldest))
    assert "damaged" in look(node.admin)[1], "only a restart forgets what was seen"


def put(file: Path, page: bytes) -> None:
    with file.open("r+b") as opened:
        opened.write(page)
