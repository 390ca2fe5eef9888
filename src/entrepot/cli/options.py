"""Options that many commands share, and opening the data directory that they name."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from entrepot import main as root
from entrepot.cli.output import print_table
from entrepot.config import Config, load
from entrepot.core.caller import Caller
from entrepot.core.things.account import Tenant, User
from entrepot.dialect.dialect import Dialect

Json = Annotated[bool, Parameter("--json", help="Print JSON for a program to read.")]
TenantName = Annotated[str, Parameter("--tenant", help="Name of the tenant.")]


@Parameter(name="*")
@dataclass(frozen=True)
class StoreOptions:
    """Where the settings and the store are."""

    data: Annotated[Path | None, Parameter(help="Data directory (default: ./entrepot-data).")] = (
        None
    )
    store: Annotated[
        str | None, Parameter(help="postgresql://... (default: SQLite in the data directory).")
    ] = None
    master_key_file: Annotated[
        Path | None, Parameter(help="File with the master key (default: in the data directory).")
    ] = None
    config: Annotated[Path | None, Parameter(help="TOML file with settings.")] = None

    @property
    def settings(self) -> Config:
        """The settings in force."""
        return load(self.flags, file=self.config)[0]

    @property
    def flags(self) -> dict[str, Any]:
        """Every setting by name, None where it was not given."""
        return {"data": self.data, "store": self.store, "master_key_file": self.master_key_file}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Flags:
    """What a server can be told on its command line; `config.load` reads and checks the values."""

    host: Annotated[str | None, Parameter(help="Address to listen on.")] = None
    port: Annotated[str | None, Parameter(help="Port to listen on; 0 picks a free one.")] = None
    workers: Annotated[str | None, Parameter(help="Processes that serve together.")] = None
    tls_cert: Annotated[str | None, Parameter(help="File with the certificate chain.")] = None
    tls_key: Annotated[str | None, Parameter(help="File with the certificate's key.")] = None
    trusted_proxies: Annotated[
        str | None, Parameter(help="Networks whose X-Forwarded-For is believed, with commas.")
    ] = None
    explorer: Annotated[str | None, Parameter(help="The pages at /explorer: false for none.")] = (
        None
    )
    show_credentials: Annotated[
        str | None, Parameter(help="Print keys also where nobody looks at a terminal: true.")
    ] = None
    admin_host: Annotated[str | None, Parameter(help="Address of the admin listener.")] = None
    admin_port: Annotated[
        str | None, Parameter(help="Port for health, readiness and metrics; 0 picks a free one.")
    ] = None
    redis: Annotated[
        str | None, Parameter(help="redis://... that the servers on one store count calls in.")
    ] = None
    count_alone: Annotated[str | None, Parameter(help="Each of them counts for itself: true.")] = (
        None
    )
    log_level: Annotated[str | None, Parameter(help="debug, info, warning or error.")] = None
    log_format: Annotated[str | None, Parameter(help="console or json.")] = None
    access_log: Annotated[str | None, Parameter(help="A line for each request: true.")] = None
    max_in_work: Annotated[
        str | None, Parameter(help="Requests that may wait at once; more are refused.")
    ] = None
    max_unanswered_bytes: Annotated[
        str | None, Parameter(help="Bytes of requests and unsent answers that may be in memory.")
    ] = None
    max_connections: Annotated[
        str | None, Parameter(help="Open connections; one address may have a quarter of them.")
    ] = None
    scan_s: Annotated[
        str | None, Parameter(help="Seconds that a search may take; longer ones are refused.")
    ] = None
    drain_s: Annotated[
        str | None, Parameter(help="Seconds that the end waits for accepted requests.")
    ] = None

    @property
    def given(self) -> dict[str, str | None]:
        """Every flag by name, None where it was not given."""
        return asdict(self)


def dialect_named(name: str) -> Dialect:
    """The API of this name.

    Raises:
        ValueError: there is none.
    """
    known = {d.name: d for d in root.dialects()}
    if name not in known:
        raise ValueError(f"no API is called {name!r}; there are {', '.join(known)}")
    return known[name]


def print_dialects() -> None:
    """The names of the APIs, for a command that was given none."""
    print_table(("name", "API"), ((d.name, d.title) for d in root.dialects()))


@contextmanager
def readable(store_options: StoreOptions | None) -> Iterator[root.Readable]:
    """The data directory, to look at."""
    installation = root.read_installation((store_options or StoreOptions()).settings)
    try:
        yield installation
    finally:
        installation.close()


@contextmanager
def writable(store_options: StoreOptions | None) -> Iterator[root.Opened]:
    """The data directory, to change; made, without a tenant, where it is missing."""
    installation = root.open_installation((store_options or StoreOptions()).settings)
    try:
        yield installation
    finally:
        installation.close()


def operator(installation: root.Readable, tenant: Tenant, operation: str) -> Caller:
    """Whoever typed the command, as the audit log will name them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "operator"
    user = User(id=0, tenant=tenant.id, name=name, created_at=0)
    return Caller(
        tenant,
        user,
        "cli",
        operation,
        "",
        root.now_ms(),
        installation.vault,
        catalog=root.catalog(),
    )
