"""The composition root: the only file that knows what is real."""

from __future__ import annotations

import logging
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrepot.config import Config
from entrepot.core import tenancy
from entrepot.core.faults import NotFound
from entrepot.core.identity import Key, Settings, Tenant
from entrepot.core.ports import INSTALLATION, Tx
from entrepot.core.tenancy import open_vault
from entrepot.core.vault import Vault
from entrepot.dialect.gate import Gate
from entrepot.dialect.handle import House, Spoken, by_root
from entrepot.dialect.operation import Dialect
from entrepot.dialect.rates import Rates
from entrepot.store.sqlite import SqliteStore

STORE, MASTER_KEY = "entrepot.sqlite", "master.key"
DEVELOPMENT = "dev"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(slots=True)
class Installation:
    """An opened data directory."""

    config: Config
    store: SqliteStore
    vault: Vault

    def close(self) -> None:
        """Let go of the files."""
        self.store.close()


def dialects() -> tuple[Dialect, ...]:
    """Every vendor API there is; a new vendor is one line here and one folder."""
    from entrepot.vendors.huawei.roma import ROMA

    return (ROMA,)


def open_installation(config: Config) -> Installation:
    """The data directory, opened; made where it is missing.

    Raises:
        ValueError: it cannot be used; says why.
    """
    try:
        config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        master = bytes.fromhex(config.master_key) if config.master_key else _master_key(config.data)
        store = SqliteStore(config.data / STORE)
    except OSError as error:
        raise ValueError(f"cannot use {config.data}: {error}") from None
    vault = store.write_now(lambda tx: open_vault(tx, master))
    return Installation(config, store, vault)


def _master_key(data: Path) -> bytes:
    """The key in the file, made on first use so that only its owner can read it."""
    path = data / MASTER_KEY
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return bytes.fromhex(path.read_text().strip())
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return bytes.fromhex(path.read_text().strip())


def create_tenant(
    installation: Installation, name: str, settings: Settings | None = None
) -> Tenant:
    """A tenant with ids at every vendor, a user of its own name, and a key.

    Raises:
        Taken: there is a tenant of that name.
    """
    ids = {k: v for dialect in dialects() for k, v in dialect.tenant_ids().items()}

    def make(tx: Tx) -> Tenant:
        tenant = tenancy.create_tenant(tx, name, now_ms(), ids, settings)
        user = tenancy.create_user(tx, tenant, name, now_ms())
        tenancy.create_key(tx, installation.vault, user, now_ms())
        return tenant

    return installation.store.write_now(make)


def credentials(installation: Installation, tenant: str) -> dict[str, Any]:
    """Everything that an SDK needs to know to call as the tenant's first user.

    Raises:
        NotFound: no such tenant.
    """
    vault = installation.vault

    def find(tx: Tx) -> dict[str, Any]:
        found = tenancy.tenant_named(tx, tenant)
        user = tenancy.user_named(tx, found, found.name)
        keys = [k for k in tx.scan(Key, INSTALLATION, parent=user.id) if not k.disabled]
        if not keys:
            raise NotFound("key", tenant)
        secret = vault.open(keys[-1].sealed, f"key/{keys[-1].id}").decode()
        answer: dict[str, Any] = {"access_key": keys[-1].access_key, "secret_key": secret}
        for dialect in dialects():
            for vendor, fields in dialect.credentials(found, vault).items():
                answer.setdefault(vendor, {}).update(fields)
        return answer

    return installation.store.read_now(find)


def first_tenant(installation: Installation) -> bool:
    """Whether the store was empty; then it has the development tenant now."""
    if installation.store.read_now(lambda tx: tx.count(Tenant, INSTALLATION)):
        return False
    create_tenant(installation, DEVELOPMENT)
    return True


def house_of(installation: Installation) -> tuple[dict[bytes, Spoken], House]:
    """The dialects, ready to answer, and what they need of the world."""
    gate = Gate(
        installation.store,
        installation.vault,
        loopback=installation.config.host in LOOPBACK,
    )
    return by_root(dialects()), House(installation.store, gate, Rates())


def serve(config: Config) -> None:
    """Serve until told to stop."""
    from entrepot.edge.http import Edge
    from entrepot.edge.server import serve as serve_edge

    logging.basicConfig(
        level=config.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    installation = open_installation(config)
    try:
        first_tenant(installation)
        spoken, house = house_of(installation)

        def listening(host: str, port: int) -> None:
            print(f"listening on http://{host}:{port}", flush=True)

        serve_edge(Edge(spoken, house), config.host, config.port, listening)
    finally:
        installation.close()


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
