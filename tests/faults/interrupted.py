"""A node under load whose PostgreSQL server is killed again and again; the node lives on."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from random import Random

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.faults import Unavailable
from entrepot.core.ports import Tx
from entrepot.core.things.account import Settings
from entrepot.core.things.product import Product
from entrepot.dialect.client import Credentials
from entrepot.dialect.request import Answer
from tests.contract.test_durability import CLAIMING, WRITERS, verify
from tests.faults.disk import said_as, wait_until_ready
from tests.postgres import PostgresServer
from tests.server import Server

_WAYS = (signal.SIGKILL, signal.SIGQUIT)  # the postmaster alone, and all at once


@dataclass(frozen=True, slots=True)
class Round:
    """`back_s`: from when PostgreSQL took connections again until the node was ready."""

    answered: int
    refused: int
    back_s: float


class Client(threading.Thread):
    """Creates products, whatever it is answered, until it is told to stop."""

    def __init__(self, address: str, caller: Credentials, name: str) -> None:
        super().__init__()
        self._address, self._caller, self._name = address, caller, name
        self.enough = threading.Event()
        self.answered: dict[str, str] = {}  # handle -> name
        self.refused: list[str] = []  # names, in the words that the vendor has for it
        self.strange: list[str] = []

    def run(self) -> None:
        connection = HTTPConnection(self._address, timeout=30)
        example = CLAIMING.operation("CreateProduct").example
        with closing(connection):
            for i in count():
                if self.enough.is_set():
                    return
                name = f"{self._name}-{i}"
                body = {**example, "name": name, "model": name}
                body["app_id"] = self._caller["roma"]["app_id"]
                request = CLAIMING.create(body, self._caller, self._address.encode())
                headers = {k.decode(): v.decode() for k, v in request.headers.items()}
                try:
                    connection.request("POST", request.path.decode(), request.body, headers)
                    reply = connection.getresponse()
                    self._hear(name, Answer(reply.status, reply.read()))
                except (OSError, HTTPException) as error:
                    self.strange.append(f"{name}: {error!r}")
                    return

    def _hear(self, name: str, answer: Answer) -> None:
        if answer.status == 201:
            self.answered[str(json.loads(answer.body)["id"])] = name
        elif said_as(CLAIMING, answer, Unavailable):
            self.refused.append(name)
            time.sleep(0.05)
        else:
            self.strange.append(f"{name}: {answer.status} {answer.body!r}")


def interrupted(
    postgres: PostgresServer, folder: Path, rounds: int, verified_each: int = 1
) -> Iterator[Round]:
    """What came of each round: load, PostgreSQL killed in the middle of it and started, load again.

    What was answered must be there, what was refused must not, and nothing is half there.
    """
    config = Config(data=folder, store=postgres.database())
    with closing(root.open_installation(config)) as installation:
        wanted = Settings(rate_limits=False)
        installation.store.write_now(
            lambda tx: root.create_tenant(tx, installation.vault, "killed", wanted)
        )
        caller = root.credentials(installation, "killed")
    answered: dict[str, str] = {}
    refused: set[str] = set()
    chance = Random(1)
    with Server(folder, "--admin-port", "0", "--count-alone", "true", store=config.store) as node:
        for n in range(rounds):
            clients = [Client(node.address, caller, f"r{n}-{c}") for c in range(WRITERS)]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.1, 0.5))
            postgres.stop(_WAYS[n % len(_WAYS)])
            time.sleep(chance.uniform(0, 0.3))
            postgres.start()
            back = time.monotonic()
            wait_until_ready(node.admin)
            back_s = time.monotonic() - back
            for client in clients:
                client.enough.set()
            for client in clients:
                client.join(60)
                assert not client.strange, client.strange
                answered |= client.answered
                refused |= set(client.refused)
            if (n + 1) % verified_each == 0 or n + 1 == rounds:
                verify(config, answered)
                absent(config, refused)
            yield Round(
                sum(len(c.answered) for c in clients), sum(len(c.refused) for c in clients), back_s
            )


def absent(config: Config, refused: set[str]) -> None:
    """Nothing that was refused is there."""

    def look(tx: Tx) -> set[str]:
        tenant = tenant_named(tx, "killed")
        return refused & {p.profile.name for p in tx.scan(Product, tenant.id)}

    with closing(root.open_installation(config)) as installation:
        found = installation.store.read_now(look)
    assert not found, f"refused, and kept all the same: {sorted(found)}"
