"""Servers on one store behind a client that takes them in turn; knows no test."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, RemoteDisconnected
from itertools import count
from pathlib import Path
from typing import Any

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.things.account import Settings
from tests import postgres
from tests.contract.adapters import WITH_PRODUCTS
from tests.server import Server
from tests.vendors.aliyun.caller import AliyunCaller

NODES = 3
ROMA = next(a for a in WITH_PRODUCTS if a.dialect == "roma")  # two claims a product


class Cluster:
    """The nodes, all given one master key; and the client in front of them."""

    def __init__(
        self, folder: Path, *flags: str, nodes: int = NODES, store: str | None = None
    ) -> None:
        """`store`: "" for the file that one node may serve; by default a new database."""
        store = postgres.database(folder) if store is None else store
        self.config = Config(data=folder, store=store)
        installation = root.open_installation(self.config)  # makes the key
        assert root.prepare(installation)
        installation.store.write_now(
            lambda tx: root.create_tenant(
                tx, installation.vault, "killed", Settings(rate_limits=False)
            )
        )
        self.caller = root.credentials(installation, "killed")
        installation.close()
        key = str(folder / root.MASTER_KEY)
        self.nodes = [
            Server(
                folder / f"node{i}" if store else folder,
                "--master-key-file",
                key,
                *flags,
                store=store,
            )
            for i in range(nodes)
        ]
        self._turns = count()

    def start(self) -> None:
        """Start all at once: they find nothing but the tables."""
        with ThreadPoolExecutor(len(self.nodes)) as threads:
            list(threads.map(lambda node: node.start(), self.nodes))

    def aliyun(self, node: int, tenant: str = root.DEVELOPMENT) -> AliyunCaller:
        """A caller of one node, for an account whose calls are counted."""
        installation = root.read_installation(self.config)
        try:
            c = root.credentials(installation, tenant)
        finally:
            installation.close()
        return AliyunCaller(self.nodes[node].address, c["access_key"], c["secret_key"], c["aliyun"])

    def create(self, name: str, node: int | None = None) -> tuple[int, Any]:
        """Status and body of ROMA's CreateProduct, from the node or from whoever's turn it is.

        A node that takes no connection, or gives one up before a byte of the answer, is passed
        over, as every proxy does.
        """
        wanted = {**ROMA.operation("CreateProduct").example, "name": name, "model": name}
        body = {**wanted, "app_id": self.caller["roma"]["app_id"]}
        for _ in range(3 * NODES):
            turn = next(self._turns) % len(self.nodes) if node is None else node
            address = self.nodes[turn].address
            request = ROMA.create(body, self.caller, address.encode())
            headers = {k.decode(): v.decode() for k, v in request.headers.items()}
            connection = HTTPConnection(address, timeout=20)
            try:
                connection.request("POST", request.path.decode(), request.body, headers)
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (ConnectionError, RemoteDisconnected):
                if node is not None:
                    raise
            finally:
                connection.close()
        raise AssertionError("no node answered")


class Client(threading.Thread):
    """Creates products until it is told to stop; remembers what was answered."""

    def __init__(self, cluster: Cluster, number: int, node: int | None = None) -> None:
        super().__init__()
        self._cluster = cluster
        self._number = number
        self._node = node
        self.enough = threading.Event()
        self.answered: dict[str, str] = {}  # handle -> name
        self.refused: list[Any] = []
        self.lost: list[BaseException] = []

    def run(self) -> None:
        for i in count():
            if self.enough.is_set():
                return
            name = f"c{self._number}-{i}"
            try:
                status, body = self._cluster.create(name, self._node)
            except (OSError, AssertionError) as error:
                self.lost.append(error)
                return
            if status == 201:
                self.answered[str(body["id"])] = name
            else:
                self.refused.append(body)


@contextmanager
def working(clients: Sequence[Client]) -> Iterator[None]:
    """While the context lasts, and until each has its last answer."""
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.enough.set()
        for client in clients:
            client.join(30)
