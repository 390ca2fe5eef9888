"""Proves who calls: keys, users and tenants as the store has them, remembered for a moment."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from entrepot.core import sealing
from entrepot.core.kinds import INSTALLATION
from entrepot.core.models.catalog import Catalog
from entrepot.core.ports import Nonces, Store, Tx
from entrepot.core.things.account import Key, Tenant, User, key_claim, tenant_claim, user_claim
from entrepot.core.vault import Vault
from entrepot.dialect.nonces import MemoryNonces
from entrepot.dialect.passwords import Passwords

R = TypeVar("R")
_FRESH_S = 1.0
_REMEMBERED = 4_096  # keys, users and tenants; a record has a kilobyte or two
_LONGEST_NAME = 1_024  # characters; nothing in the store is called longer, so it is not looked up


@dataclass(frozen=True, slots=True)
class Bearer:
    """A key with everything that its signature check needs. `secret` never shows in `repr`."""

    key: Key
    user: User
    tenant: Tenant
    secret: bytes = field(repr=False)

    @property
    def disabled(self) -> bool:
        """Whether the key, its user or its tenant is switched off."""
        return self.key.disabled or self.user.disabled or self.tenant.disabled


class Authenticator:
    """Looks callers up. What it says is at most a second old, so a disabled key stops within one."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        loopback: bool = False,
        catalog: Catalog | None = None,
        nonces: Nonces | None = None,
    ) -> None:
        self.store = store
        self.vault = vault
        self.catalog = catalog or Catalog()
        self.now_ms = now_ms
        self.loopback = loopback  # whether only this machine can reach the server
        # What was found, never what was not: a stranger's text is not kept here.
        self._remembered: OrderedDict[tuple[str, ...], tuple[float, Any]] = OrderedDict()
        self._nonces = nonces or MemoryNonces()
        self.passwords = Passwords()

    def known(self, access_key: str) -> Bearer | None:
        """What `bearer` would say, where that is remembered: the way of nearly every request."""
        found = self._remembered.get(("key", access_key))
        if found is None or found[0] <= time.monotonic():
            return None
        bearer: Bearer | None = found[1]
        return bearer

    async def bearer(self, access_key: str) -> Bearer | None:
        """The key with its user, tenant and opened secret; None where there is no such key."""
        key = ("key", access_key)
        return await self._remember(key, lambda tx: _bearer(tx, self.vault, access_key))

    async def tenant_by(self, name: str, value: str) -> Tenant | None:
        """The tenant that has this id at a vendor, for example ("enos.org_id", "o155...")."""
        return await self._remember(
            (name, value),
            lambda tx: _held(tx, Tenant, tx.holder(INSTALLATION, tenant_claim(name, value))),
        )

    async def user_named(self, tenant: int, name: str) -> User | None:
        """The tenant's user of this name."""
        return await self._remember(
            ("user", str(tenant), name),
            lambda tx: _held(tx, User, tx.holder(INSTALLATION, user_claim(tenant, name))),
        )

    async def user(self, id: int) -> tuple[User, Tenant] | None:
        """The user with its tenant."""
        return await self._remember(("user", str(id)), lambda tx: _user(tx, id))

    async def fresh_nonce(self, scope: str, nonce: str, life_s: float) -> bool:
        """Whether the nonce is new in its scope; from now on, for its life, it is not."""
        mark = hashlib.blake2b(f"{scope}\0{nonce}".encode(), digest_size=12).digest()
        return await self._nonces.first(mark, life_s)

    async def _remember(self, key: tuple[str, ...], find: Callable[[Tx], R | None]) -> R | None:
        now = time.monotonic()
        found = self._remembered.get(key)
        value: R | None
        if found is not None and found[0] > now:
            value = found[1]
            return value
        if len(key[-1]) > _LONGEST_NAME:
            return None
        value = await self.store.look_up(find)
        if value is not None:
            self._remembered[key] = (now + _FRESH_S, value)
            self._remembered.move_to_end(key)
            if len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return value


def _held(tx: Tx, kind: Any, id: int | None) -> Any:
    return None if id is None else tx.get(kind, INSTALLATION, id)


def _user(tx: Tx, id: int) -> tuple[User, Tenant] | None:
    user = tx.get(User, INSTALLATION, id)
    tenant = user and tx.get(Tenant, INSTALLATION, user.tenant)
    return (user, tenant) if user and tenant else None


def _bearer(tx: Tx, vault: Vault, access_key: str) -> Bearer | None:
    id = tx.holder(INSTALLATION, key_claim(access_key))
    key: Key | None = _held(tx, Key, id)
    both = key and _user(tx, key.user)
    if key is None or not both:
        return None
    return Bearer(key, both[0], both[1], vault.open(key.sealed, sealing.access_key(key.id)))
