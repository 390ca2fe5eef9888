"""The caller of one request, and what the caller may do."""

from __future__ import annotations

import msgspec

from entrepot.core.faults import Denied
from entrepot.core.models.catalog import Catalog
from entrepot.core.things.account import Tenant, User
from entrepot.core.things.claim import Actor
from entrepot.core.vault import Vault

NO_MODELS = Catalog()

PERMISSIONS = (
    "product:create", "product:read", "product:update", "product:delete",
    "space:create", "space:read", "space:update", "space:delete",
    "template:create", "template:read", "template:update", "template:delete",
    "device:create", "device:read", "device:update", "device:delete",
    "model:create", "model:read", "model:update", "model:delete",
    "credential:read", "credential:update",
)  # fmt: skip


def allows(permissions: tuple[str, ...], wanted: str) -> bool:
    """Whether `wanted` ("product:create") is covered by a permission, `product:*` or `*`."""
    if "*" in permissions or wanted in permissions:
        return True
    kind, _, _ = wanted.partition(":")
    return f"{kind}:*" in permissions


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who calls, through what, and when: handed to every use case."""

    tenant: Tenant
    user: User
    dialect: str
    operation: str
    request_id: str
    now_ms: int
    vault: Vault
    peer: str = ""
    catalog: Catalog = NO_MODELS

    @property
    def actor(self) -> Actor:
        """The caller as it is written into what it makes."""
        return Actor(self.user.id, self.user.name)

    def demand(self, permission: str, thing: str = "") -> None:
        """Nothing, where the caller may.

        Raises:
            Denied: the caller's permissions do not cover it.
        """
        if permission and not allows(self.user.permissions, permission):
            raise Denied(permission, thing)
