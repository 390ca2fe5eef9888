"""A server that is told to end while every reader is busy for long ends when it said it would."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.account import Settings
from entrepot.core.things.product import Draft, Profile
from entrepot.dialect.request import Answer
from tests import postgres
from tests.contract.adapters import WITH_PRODUCTS
from tests.contract.live import ask
from tests.faults.disk import Goods, look, said_as
from tests.server import Server

PRODUCTS, EACH = 4_000, 15
LISTS = {
    "aliyun": "QueryProductList",
    "iotda": "ListProducts",
    "roma": "ListProducts",
    "enos": "SearchProduct",
}
"""Where a dialect shows only what it made, each reads every document there is."""


def fill(config: Config) -> None:
    """The development tenant, with products that are none of any dialect's."""
    installation = root.open_installation(config)
    try:
        root.prepare(installation)
        store, vault = installation.store, installation.vault

        def work(tx: Tx) -> None:
            old = tenancy.tenant_named(tx, root.DEVELOPMENT)
            settings = Settings(rate_limits=False, own_products_only=tuple(LISTS))
            tx.put(old, tenant := replace(old, settings=replace(settings)))
            user = tenancy.user_named(tx, tenant, tenant.name)
            caller = Caller(tenant, user, "test", "fill", "test", root.now_ms(), vault)
            for n in range(PRODUCTS):
                registry.create(tx, caller, Draft(profile=Profile(name=f"p{n}")))

        store.write_now(work)
    finally:
        installation.close()


def in_work(server: Server) -> int:
    found = re.search(r"^entrepot_requests_in_work (\d+)", look(server.admin, "/metrics")[1], re.M)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_who_waits_for_a_long_scan_at_the_end_of_the_grace_is_told_so_in_the_vendors_words(
    tmp_path: Path, engine: str
) -> None:
    store = postgres.database(tmp_path) if engine == "postgres" else ""
    fill(Config(data=tmp_path, store=store))
    flags = ("--admin-port", "0", "--drain-s", "0")
    with Server(tmp_path, *flags, store=store) as server, ThreadPoolExecutor(99) as clients:
        goods = [Goods(adapter, server) for adapter in WITH_PRODUCTS]

        def scan(one: Goods) -> Answer:
            operation = one.adapter.operation(LISTS[one.adapter.dialect])
            sent = operation.example or {}
            given, body = ({}, sent) if operation.body else (sent, None)
            host = server.address.encode()
            return ask(
                server.address, one.adapter.request(operation, given, body, one.caller, host)
            )

        for one in goods:
            alone = scan(one)
            assert not one.adapter.refused(alone), alone.body
            assert json.loads(alone.body)
        asked = [(one, clients.submit(scan, one)) for one in goods for _ in range(EACH)]
        while sum(answer.done() for _, answer in asked) + in_work(server) < len(asked):
            pass  # in this order: none is counted twice
        assert server.stop() == 0
        told = 0
        for one, answer in asked:
            if one.adapter.refused(answer.result()):
                assert said_as(one.adapter, answer.result(), Unavailable), answer.result().body
                told += 1
        # Each takes some tenths of a second, two or three go on at a time: most were still to come.
        assert told > len(asked) // 2
    postgres.drop(tmp_path)
