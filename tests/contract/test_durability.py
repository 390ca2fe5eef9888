"""kill -9 during concurrent signed creates: everything answered is there, and nothing is half there."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import apsw
import psycopg
import pytest

from entrepot import engines
from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.account import Settings
from entrepot.core.things.product import Product
from entrepot.dialect.client import Credentials
from tests import postgres
from tests.contract.adapters import WITH_PRODUCTS, Adapter
from tests.server import Server

ROUNDS, WRITERS, SECONDS = 3, 6, 0.6
CLAIMING = next(a for a in WITH_PRODUCTS if a.dialect == "roma")  # two claims a product


class Writer(threading.Thread):
    """Creates products over one connection until the server is gone; remembers what was answered."""

    def __init__(self, adapter: Adapter, address: str, caller: Credentials, number: int) -> None:
        super().__init__()
        self._adapter = adapter
        self._address = address
        self._caller = caller
        self._number = number
        self.answered: dict[str, str] = {}  # handle -> name
        self.refused: list[bytes] = []

    def run(self) -> None:
        connection = HTTPConnection(self._address, timeout=20)
        host = self._address.encode()
        try:
            for i in range(100_000):
                body = self._body(i)
                request = self._adapter.create(body, self._caller, host)
                headers = {k.decode(): v.decode() for k, v in request.headers.items()}
                connection.request("POST", request.path.decode(), request.body, headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status != 201:
                    self.refused.append(text)
                    return
                self.answered[str(json.loads(text)["id"])] = body["name"]
        except (OSError, HTTPException):
            return
        finally:
            connection.close()

    def _body(self, i: int) -> dict[str, Any]:
        operation = self._adapter.operation("CreateProduct")
        name = f"w{self._number}-{i}"
        wanted = {**operation.example, "name": name, "model": name}
        return {**wanted, "app_id": self._caller["roma"]["app_id"]}


@pytest.fixture(params=["sqlite", "postgres"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """The settings of a new store, on one engine after the other."""
    store = postgres.database(tmp_path) if request.param == "postgres" else ""
    return Config(data=tmp_path, store=store)


@dataclass(frozen=True, slots=True)
class Round:
    """What a start took, waiting for the machine included and without, and what was answered then."""

    start_s: float
    start_cpu_s: float
    answered: int


def killed(config: Config, rounds: int, verified_each: int = 1) -> Iterator[Round]:
    """What came of each round.

    In a round a server is started, written to, and killed; each `verified_each` rounds, and at the
    end, everything that was ever answered is looked for (tests/faults/kill.py does a hundred).
    """
    installation = root.open_installation(config)
    wanted = Settings(rate_limits=False)
    installation.store.write_now(
        lambda tx: root.create_tenant(tx, installation.vault, "killed", wanted)
    )
    caller = root.credentials(installation, "killed")
    installation.close()

    answered: dict[str, str] = {}
    for round in range(rounds):
        began = time.monotonic()
        with Server(config.data, store=config.store) as server:
            start_s, start_cpu_s = time.monotonic() - began, server.cpu_s()
            writers = [
                Writer(CLAIMING, server.address, caller, round * WRITERS + n)
                for n in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            time.sleep(SECONDS)
            server.stop(signal.SIGKILL)
            for writer in writers:
                writer.join(30)
        for writer in writers:
            assert not writer.refused, writer.refused
            assert writer.answered, "the server was killed before it answered anything"
            answered.update(writer.answered)
        if (round + 1) % verified_each == 0 or round + 1 == rounds:
            verify(config, answered)
        yield Round(start_s, start_cpu_s, sum(len(writer.answered) for writer in writers))


def test_kill_9_loses_nothing_that_was_answered_and_leaves_nothing_by_halves(
    config: Config,
) -> None:
    done = list(killed(config, ROUNDS))
    assert len(done) == ROUNDS
    assert all(round.answered for round in done)


def verify(config: Config, answered: dict[str, str]) -> None:
    """The store agrees with what was answered and with itself."""
    installation = root.open_installation(config)
    try:
        tenant = installation.store.read_now(lambda tx: _agrees(tx, answered))
    finally:
        installation.close()
    checkup = engines.checkup(config)
    try:
        wrong = [(c.name, c.findings) for c in checkup.look() if c.count]
    finally:
        checkup.close()
    assert not wrong
    # Every claim is of a product that is there, two a product; the line of the log is in each (0100).
    products, lines, claims = (
        _rows(config, table, tenant) for table in ("product", "audit", "claim")
    )
    assert lines == 0
    assert claims == 2 * products


def _rows(config: Config, table: str, tenant: int) -> int:
    """How many rows the tenant has in the table."""
    connection: Any
    if config.store:
        connection, table = psycopg.connect(config.store), f"entrepot.{table}"
    else:
        connection = apsw.Connection(str(config.data / root.STORE))
    try:
        sql = f"SELECT count(*) FROM {table} WHERE tenant = {tenant}"
        n: int = connection.execute(sql).fetchall()[0][0]
    finally:
        connection.close()
    return n


def _agrees(tx: Tx, answered: dict[str, str]) -> int:
    """The tenant."""
    tenant = tenant_named(tx, "killed")
    there = {str(p.id): p for p in tx.scan(Product, tenant.id)}
    missing = answered.keys() - there.keys()
    assert not missing, f"{len(missing)} of {len(answered)} answered products are gone"
    for handle, name in answered.items():
        assert there[handle].profile.name == name
    assert tx.count(Product, tenant.id) == len(there)
    assert tx.count(Product, tenant.id, parent=tenant.default_space) == len(there)
    for product in there.values():
        for claim in product.claims:
            assert tx.holder(tenant.id, claim) == product.id
        assert [line.action for line in registry.history(tx, tenant.id, product.id)] == ["create"]
    return tenant.id


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_graceful_stop_answers_what_it_accepted_and_exits_0(
    config: Config, with_signal: signal.Signals
) -> None:
    with Server(config.data, store=config.store) as server:
        caller = server.credentials()
        writers = [Writer(CLAIMING, server.address, caller, n) for n in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(0.3)
        assert server.stop(with_signal) == 0
        for writer in writers:
            writer.join(30)
    answered = {h: n for w in writers for h, n in w.answered.items()}
    assert answered
    installation = root.open_installation(config)
    try:
        there = installation.store.read_now(
            lambda tx: {str(p.id) for p in tx.scan(Product, tenant_named(tx, "dev").id)}
        )
    finally:
        installation.close()
    # Nobody was left without an answer: what is there is what was answered.
    assert there == answered.keys()
