"""Options that many commands share, and opening the data directory that they name."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from entrepot import main as root
from entrepot.config import Config, load
from entrepot.core.identity import Caller, Tenant, User

Json = Annotated[bool, Parameter("--json", help="Print JSON for a program to read.")]
TenantName = Annotated[str, Parameter("--tenant", help="Name of the tenant.")]


@Parameter(name="*")
@dataclass(frozen=True)
class Place:
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


@contextmanager
def readable(place: Place | None) -> Iterator[root.Readable]:
    """The data directory, to look at."""
    installation = root.read_installation((place or Place()).settings)
    try:
        yield installation
    finally:
        installation.close()


@contextmanager
def writable(place: Place | None) -> Iterator[root.Opened]:
    """The data directory, to change; made, without a tenant, where it is missing."""
    installation = root.open_installation((place or Place()).settings)
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
        tenant, user, "cli", operation, "", root.now_ms(), installation.vault, shelf=root.shelf()
    )
