"""The use cases of tenants, users and keys; what a new tenant is called at each vendor is given to it."""

from __future__ import annotations

import os
import uuid
from typing import TypeVar

from msgspec.structs import replace

from entrepot.core import sealing
from entrepot.core.faults import NotFound
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Key, Settings, Tenant, User, tenant_claim, user_claim
from entrepot.core.things.claim import Actor
from entrepot.core.things.space import Space
from entrepot.core.vault import Vault

ROOT = "root"
SYSTEM = Actor(0, "entrepot")


def open_vault(tx: Tx, master_key: bytes) -> Vault:
    """The installation's vault: its root was sealed under the master key when the store was made.

    Raises:
        ValueError: the store belongs to another master key.
    """
    master = Vault(master_key)
    sealed = tx.recall(ROOT)
    if sealed is None:
        sealed = master.seal(os.urandom(32), ROOT)
        tx.remember(ROOT, sealed)
    try:
        return Vault(master.open(sealed, ROOT))
    except ValueError:
        raise ValueError(
            "the store was made with another master key, and every node needs that one: put it into"
            " ENTREPOT_MASTER_KEY, or into the file that --master-key-file names"
        ) from None


def change_master_key(tx: Tx, old: bytes, new: bytes) -> None:
    """Seal the root, which all other secrets hang from, under another master key.

    Raises:
        ValueError: the store belongs to another master key than the old one.
    """
    root = Vault(old).open(tx.recall(ROOT) or b"", ROOT)
    tx.remember(ROOT, Vault(new).seal(root, ROOT))


def create_tenant(
    tx: Tx, name: str, now_ms: int, ids: dict[str, str], settings: Settings | None = None
) -> Tenant:
    """A tenant with its default space and a user of its own name that may do everything.

    Raises:
        Taken: the name or one of the ids is another tenant's.
    """
    id, space = tx.new_id(), tx.new_id()
    tenant = Tenant(
        id=id,
        name=name,
        created_at=now_ms,
        default_space=space,
        ids=ids,
        settings=settings or Settings(),
    )
    tx.add(tenant)
    tx.add(Space(id=space, tenant=id, name="DefaultApp", created_at=now_ms, created_by=SYSTEM))
    return tenant


def create_user(
    tx: Tx,
    tenant: Tenant,
    name: str,
    now_ms: int,
    permissions: tuple[str, ...] = ("*",),
    password: bytes = b"",
) -> User:
    """A user of the tenant. Without the hash of a password it may only use keys, unless it is the first.

    Hashing is made to be slow: it belongs before the unit of work, in which others wait.

    Raises:
        Taken: the tenant has a user of that name.
    """
    user = User(
        id=tx.new_id(),
        tenant=tenant.id,
        name=name,
        created_at=now_ms,
        permissions=permissions,
        password=password,
    )
    tx.add(user)
    return user


def create_key(
    tx: Tx, vault: Vault, user: User, now_ms: int, access_key: str = "", secret_key: str = ""
) -> tuple[Key, str]:
    """A key and its secret. What is not given is a random UUID: enos-poseidon takes no other shape.

    Raises:
        Taken: the access key is in use.
    """
    id = tx.new_id()
    secret = secret_key or str(uuid.uuid4())
    key = Key(
        id=id,
        tenant=user.tenant,
        user=user.id,
        access_key=access_key or str(uuid.uuid4()),
        sealed=vault.seal(secret.encode(), sealing.access_key(id)),
        created_at=now_ms,
    )
    tx.add(key)
    return key, secret


def tenant_named(tx: Tx, name: str) -> Tenant:
    """The tenant of this name.

    Raises:
        NotFound: there is none.
    """
    id = tx.holder(INSTALLATION, tenant_claim("name", name))
    tenant = None if id is None else tx.get(Tenant, INSTALLATION, id)
    if tenant is None:
        raise NotFound("tenant", name)
    return tenant


def user_named(tx: Tx, tenant: Tenant, name: str) -> User:
    """The tenant's user of this name.

    Raises:
        NotFound: there is none.
    """
    id = tx.holder(INSTALLATION, user_claim(tenant.id, name))
    user = None if id is None else tx.get(User, INSTALLATION, id)
    if user is None:
        raise NotFound("user", name, tenant.name)
    return user


A = TypeVar("A", Tenant, User, Key)


def set_disabled(tx: Tx, thing: A, disabled: bool) -> None:
    """Switch a tenant, user or key off or on; servers notice within a second."""
    tx.put(thing, replace(thing, disabled=disabled))
