"""Things to put into a store, as small as they can be; knows no dialect."""

from __future__ import annotations

from typing import Any

from entrepot.core.devices.registry import key_claim
from entrepot.core.ports import Entry, Tx
from entrepot.core.things.claim import Actor, Claim
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product, Profile
from entrepot.core.things.space import Space
from entrepot.core.things.topic import Topic

SOMEBODY = Actor(1, "somebody")
TENANT, OTHER_TENANT = 11, 12


def product(
    tx: Tx,
    name: str = "p",
    *,
    tenant: int = TENANT,
    space: int = 1,
    claims: tuple[Claim, ...] = (),
    tags: dict[str, str] | None = None,
    **profile: Any,
) -> Product:
    """A new product, kept."""
    made = Product(
        id=tx.new_id(),
        tenant=tenant,
        space=space,
        origin="test",
        profile=Profile(name=name, tags=tags or {}, **profile),
        created_at=1,
        created_by=SOMEBODY,
        updated_at=1,
        updated_by=SOMEBODY,
        claims=claims,
    )
    tx.add(made)
    return made


def space(tx: Tx, name: str = "s", *, tenant: int = TENANT) -> Space:
    """A new space, kept."""
    made = Space(id=tx.new_id(), tenant=tenant, name=name, created_at=1, created_by=SOMEBODY)
    tx.add(made)
    return made


def topic(tx: Tx, product: Product, name: str = "t") -> Topic:
    """A new topic of the product, kept."""
    made = Topic(
        id=tx.new_id(), tenant=product.tenant, product=product.id, name=name, version="1",
        direction="publish", created_at=1,
    )  # fmt: skip
    tx.add(made)
    return made


def device(tx: Tx, product: Product, key: str = "d", **rest: Any) -> Device:
    """A new device of the product, kept."""
    made = Device(
        id=tx.new_id(), tenant=product.tenant, product=product.id, key=key, origin="test",
        created_at=1, created_by=SOMEBODY, updated_at=1, updated_by=SOMEBODY,
        claims=(key_claim(product.id, key),), **rest,
    )  # fmt: skip
    tx.add(made)
    return made


def entry(thing: int, revision: int = 1, **changes: list[Any]) -> Entry:
    """A line of the audit log."""
    return Entry(
        kind="product", thing=thing, revision=revision, at=revision, actor=SOMEBODY,
        dialect="test", operation="Test", request_id=f"r{revision}", action="update",
        changes=changes,
    )  # fmt: skip
