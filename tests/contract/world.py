"""An installation in this process: tenants, and requests answered without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from entrepot import main as root
from entrepot.config import Config
from entrepot.core.accounts.tenancy import create_key, create_user, tenant_named
from entrepot.core.kinds import INSTALLATION, KINDS
from entrepot.core.ports import Tx
from entrepot.core.things.account import Settings, Tenant
from entrepot.dialect.client import Credentials
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.handle import ServerContext
from entrepot.dialect.owners import Owners
from entrepot.dialect.request import Answer, Request
from entrepot.edge.http import Edge
from tests.contract.adapters import ADAPTERS
from tests.holding import BOUND_S, Held

R = TypeVar("R")
_numbers = count(1)


class World:
    """A data directory, or the store that is named, with every dialect ready to answer. Close it."""

    def __init__(self, data: Path, store: str = "") -> None:
        self.installation = root.open_installation(Config(data=data, store=store))
        self.owners: Owners
        self.context: ServerContext
        self.owners, self.context = root.context_of(self.installation)
        self._heard: list[Exchange] = []
        self._edge = Edge(self.owners, self.context, (self._hear,))
        # Not a Runner: it takes Ctrl-C over for each call, which takes longer than most requests.
        self._loop = asyncio.new_event_loop()
        # As in a server the loop has a thread with few frames below it. Under a test's many frames a walk
        # may take seven times as long: CPython 3.11 asks for memory at each call where a stack's block ends.
        self._thread = ThreadPoolExecutor(1, "world")

    def close(self) -> None:
        """Let go of the files."""
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()
        self.installation.close()

    def tenant(self, **settings: Any) -> Credentials:
        """The credentials of a new tenant that no rate limits hold back, ready to sign."""
        name = f"tenant{next(_numbers)}"
        wanted = Settings(**{"rate_limits": False, **settings})
        installation = self.installation
        installation.store.write_now(
            lambda tx: root.create_tenant(tx, installation.vault, name, wanted)
        )
        known: Credentials = {"name": name, **root.credentials(installation, name)}
        return self._ready(known)

    def _ready(self, known: Credentials) -> Credentials:
        for adapter in ADAPTERS:
            known = adapter.ready(known, self.ask)
        return known

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """What the coroutine returns."""
        return self.held(coroutine)[0]

    def held(self, coroutine: Coroutine[Any, Any, R]) -> tuple[R, float]:
        """What the coroutine returns, and for how many seconds it held the loop."""

        def run() -> tuple[R, float]:
            with Held() as held:
                result = self._loop.run_until_complete(coroutine)
            return result, held.seconds

        return self._thread.submit(run).result()

    def user(self, owner: Credentials, name: str, *permissions: str) -> Credentials:
        """The credentials of a new user of the owner's tenant, ready to sign."""
        vault = self.installation.vault

        def make(tx: Tx) -> Credentials:
            tenant = tenant_named(tx, owner["name"])
            user = create_user(tx, tenant, name, root.now_ms(), permissions)
            create_key(tx, vault, user, root.now_ms())
            return root.credentials_in(tx, vault, tenant, user)

        known: Credentials = {"name": owner["name"], **self.installation.store.write_now(make)}
        return self._ready(known)

    def everything(self, tenant: Tenant) -> list[Any]:
        """All that the tenant has, with the totals and the log of each thing."""
        return self.installation.store.read_now(lambda tx: everything(tx, tenant))

    def count(self, kind: type[Any]) -> int:
        """How many things of a kind there are, whoever has them."""
        return self.installation.store.read_now(lambda tx: tx.count(kind, INSTALLATION))

    def ask(self, request: Request) -> Answer:
        """What the server would answer."""
        return self.exchange(request)[0]

    def exchange(self, request: Request) -> tuple[Answer, Exchange]:
        """The answer, and what each step found out on the way; it does not hold the loop for long."""
        seconds, answer, exchange = self.timed(request)
        assert seconds < BOUND_S, f"{exchange.facts()} held the loop for {seconds:.3f} s"
        return answer, exchange

    def timed(self, request: Request) -> tuple[float, Answer, Exchange]:
        """The same, with the seconds that it held the loop."""
        served = self.owners.of(request)
        assert served is not None
        (answer, exchange), seconds = self.held(served.handle(request, self.context))
        return seconds, answer, exchange

    def _hear(self, exchange: Exchange, answer: Answer, seconds: float) -> None:
        self._heard.append(exchange)

    def serve(self, request: Request) -> tuple[Answer, Exchange | None]:
        """The same by way of the edge, which looks at the request first.

        There is no exchange where no dialect owns the path.
        """
        self._heard.clear()
        answer, seconds = self.held(self._edge.answer(request))
        assert seconds < BOUND_S, f"{request} held the loop for {seconds:.3f} s"
        return answer, self._heard[0] if self._heard else None


def everything(tx: Tx, tenant: Tenant) -> list[Any]:
    """All that the tenant has in a unit of work, with the totals and the log of each thing."""
    kinds = [k.type for k in KINDS if not k.everywhere]
    things = [list(tx.scan(kind, tenant.id)) for kind in kinds]
    counts = [tx.count(kind, tenant.id) for kind in kinds]
    return [things, counts, [tx.history(tenant.id, t.id) for of in things for t in of]]
