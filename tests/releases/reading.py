"""What a store says when everything in it is read: by commands, and in every dialect."""

from __future__ import annotations

import json
import shlex
import tarfile
from pathlib import Path
from typing import Any

from entrepot import __version__
from entrepot import main as root
from entrepot.core.accounts.tenancy import tenant_named
from entrepot.core.kinds import INSTALLATION, KINDS
from entrepot.core.ports import Tx
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.store.upgrade import SCHEMA_VERSION
from tests import postgres
from tests.cli.console import Console
from tests.contract.adapters import WITH_PRODUCTS
from tests.contract.world import World

HERE = Path(__file__).parent
NAME = f"{__version__}-schema-{SCHEMA_VERSION}"
RELEASES = sorted(p.name.removesuffix(".tar.xz") for p in HERE.glob("*.tar.xz"))
# Of the directory that each is named after a copy in PostgreSQL, and then the tables' own schema.
DUMPS = sorted(p.name.removesuffix(".dump") for p in HERE.glob("*.postgres-*.dump"))
DUMP = f"{NAME}.postgres-{SCHEMA_VERSION}"
COMMANDS = (
    "credentials --json",
    "credentials --user operator --json",
    "tenant list --json",
    "tenant show dev --json",
    "user list --json",
    "key list --json",
    "product list --limit 1000 --json",
    "device list --limit 1000 --json",
    "model list --json",
    "model show Kiln7",
    "category list --json",
    "space list --json",
)


def unpacked(release: str, into: Path) -> Path:
    """The release's data directory, as it was then."""
    with tarfile.open(HERE / f"{release}.tar.xz") as archive:
        archive.extractall(into, filter="data")
    data = into / "data"
    data.chmod(0o700)
    return data


def restored(name: str, into: Path) -> Console:
    """The release's data directory, or what its dump holds, to work on, as it was then."""
    release, dump, _ = name.partition(".postgres-")
    data = unpacked(release, into)
    if not dump:
        return Console(data)
    (data / root.STORE).unlink()
    store = postgres.database(into)
    postgres.client("pg_restore", "--no-owner", "-d", store, HERE / f"{name}.dump")
    return Console(data, store)


def kinds(console: Console) -> dict[str, int]:
    """How many things of each kind there are, all tenants together."""

    def work(tx: Tx) -> dict[str, int]:
        tenant = tenant_named(tx, "dev").id
        return {k.name: tx.count(k.type, INSTALLATION if k.everywhere else tenant) for k in KINDS}

    world = World(console.data, console.config.store)
    try:
        return world.installation.store.read_now(work)
    finally:
        world.close()


def read(console: Console) -> dict[str, Any]:
    """Everything that is read, by what it is read with."""
    found: dict[str, Any] = {}
    for words in COMMANDS:
        found[words] = console(*shlex.split(words)).json
    for product in found["product list --limit 1000 --json"]["products"]:
        words = f"product show {product['number']} --history --json"
        found[words] = console(*shlex.split(words)).json
    for device in found["device list --limit 1000 --json"]["devices"]:
        words = f"device show {device['number']} --history --json"
        found[words] = console(*shlex.split(words)).json
    world = World(console.data, console.config.store)
    try:
        found |= _in_every_dialect(world)
    finally:
        world.close()
    return {name: lasting(value) for name, value in found.items()}


def _in_every_dialect(world: World) -> dict[str, Any]:
    found: dict[str, Any] = {}
    installation = world.installation
    vault = installation.vault
    known = root.credentials(installation, "dev")
    products = installation.store.read_now(
        lambda tx: list(tx.scan(Product, tenant_named(tx, "dev").id))
    )
    of = {p.id: p for p in products}
    devices = [
        (d, of[d.product])
        for d in installation.store.read_now(
            lambda tx: list(tx.scan(Device, tenant_named(tx, "dev").id))
        )
    ]
    for adapter in WITH_PRODUCTS:
        caller = adapter.ready(known, world.ask)
        for product in products:
            handle = adapter.value.handle(vault, product)
            answer = world.ask(adapter.show(handle, caller))
            assert not adapter.refused(answer), answer.body
            found[f"{adapter.dialect} shows {product.id}"] = json.loads(answer.body)
        for device, product in devices if adapter.devices else ():
            handle = adapter.value.device_handle(vault, device, product)
            answer = world.ask(adapter.show_device(handle, caller))
            assert not adapter.refused(answer), answer.body
            found[f"{adapter.dialect} shows device {device.id}"] = json.loads(answer.body)
    return found


def lasting(value: Any) -> Any:
    """The value without what is another at each call."""
    if isinstance(value, dict):
        return {k: lasting(v) for k, v in value.items() if k.lower() != "requestid"}
    return [lasting(v) for v in value] if isinstance(value, list) else value


def missing(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where what is wanted is not found. What is found beside it, or where there was nothing, is
    what a later release has learned to say."""
    if wanted in (None, "", [], {}):
        return []
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            line
            for name, value in wanted.items()
            for line in (
                missing(value, found[name], f"{path}.{name}")
                if name in found
                else [f"{path}.{name} is gone"]
            )
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        return [line for n, (a, b) in pairs for line in missing(a, b, f"{path}[{n}]")]
    return [] if wanted == found else [f"{path}: {wanted!r} became {found!r}"]
