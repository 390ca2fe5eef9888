"""kill -9 during concurrent signed creates: everything answered is there, and nothing is half there."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import apsw
import pytest

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.identity import Settings
from entrepot.core.ports import Tx
from entrepot.core.product import Product
from entrepot.core.tenancy import tenant_named
from tests.contract.adapters import WITH_PRODUCTS, Adapter, Credentials
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


def killed(data: Path, rounds: int, verified_each: int = 1) -> Iterator[tuple[float, int]]:
    """After each round: the seconds that the start took, and how many creates were answered in it.

    In a round a server is started, written to, and killed; each `verified_each` rounds, and at the
    end, everything that was ever answered is looked for (tests/faults/kill.py does a hundred).
    """
    installation = root.open_installation(Config(data=data))
    wanted = Settings(rate_limits=False)
    installation.store.write_now(
        lambda tx: root.create_tenant(tx, installation.vault, "killed", wanted)
    )
    caller = root.credentials(installation, "killed")
    installation.close()

    answered: dict[str, str] = {}
    for round in range(rounds):
        began = time.monotonic()
        with Server(data) as server:
            start_s = time.monotonic() - began
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
            verify(data, answered)
        yield start_s, sum(len(writer.answered) for writer in writers)


def test_kill_9_loses_nothing_that_was_answered_and_leaves_nothing_by_halves(
    tmp_path: Path,
) -> None:
    done = list(killed(tmp_path, ROUNDS))
    assert len(done) == ROUNDS
    assert all(answered for _, answered in done)


def verify(data: Path, answered: dict[str, str]) -> None:
    """The store agrees with what was answered and with itself."""
    installation = root.open_installation(Config(data=data))
    try:
        installation.store.read_now(lambda tx: _agrees(tx, answered))
    finally:
        installation.close()
    rows = apsw.Connection(str(data / root.STORE))
    try:
        assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        # Every claim is of a product that is there, two a product; so is every line of the log.
        orphans = "SELECT count(*) FROM {} WHERE {} NOT IN (SELECT id FROM product) AND tenant != 0"
        assert rows.execute(orphans.format("claim", "holder")).fetchall() == [(0,)]
        assert rows.execute(orphans.format("audit", "thing")).fetchall() == [(0,)]
        counts = [
            rows.execute(f"SELECT count(*) FROM {table} WHERE tenant != 0").fetchall()[0][0]
            for table in ("product", "audit", "claim")
        ]
        assert counts[1] == counts[0]
        assert counts[2] == 2 * counts[0]
    finally:
        rows.close()


def _agrees(tx: Tx, answered: dict[str, str]) -> None:
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
        assert [line.action for line in tx.history(tenant.id, product.id)] == ["create"]


@pytest.mark.parametrize("with_signal", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_graceful_stop_answers_what_it_accepted_and_exits_0(
    tmp_path: Path, with_signal: signal.Signals
) -> None:
    with Server(tmp_path) as server:
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
    installation = root.open_installation(Config(data=tmp_path))
    try:
        there = installation.store.read_now(
            lambda tx: {str(p.id) for p in tx.scan(Product, tenant_named(tx, "dev").id)}
        )
    finally:
        installation.close()
    # Nobody was left without an answer: what is there is what was answered.
    assert there == answered.keys()
