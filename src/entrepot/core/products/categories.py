"""The use cases of a tenant's own categories. Knows no model's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from entrepot.core import audit
from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.things.category import Category
from entrepot.core.things.claim import Claim


@dataclass(frozen=True, slots=True)
class CategoryFile:
    """A document that is to be a category. `key` and `name` are taken where the document has none."""

    key: str
    name: str
    document: Any


def category_claim(key: str) -> Claim:
    """Returns what a category's key is held under: unique in the tenant."""
    return Claim("category.key", key)


def find(tx: Tx, tenant: int, key: str) -> Category | None:
    """Returns the tenant's category of this key, if it has one."""
    id = tx.holder(tenant, category_claim(key))
    return None if id is None else tx.get(Category, tenant, id)


def get(tx: Tx, tenant: int, key: str) -> Category:
    """Returns the tenant's category of this key.

    Raises:
        NotFound: the tenant has no such category.
    """
    category = find(tx, tenant, key)
    if category is None:
        raise NotFound("category", key)
    return category


def every(tx: Tx, tenant: int) -> Iterator[Category]:
    """Returns each of the tenant's categories, newest first."""
    return tx.scan(Category, tenant)


def put(tx: Tx, caller: Caller, key: str, name: str, model: Authored) -> Category:
    """Keeps the category under its key, in place of one that has it, and returns it.

    Products that were made before keep the model that they got then.
    """
    tenant = caller.tenant.id
    old = find(tx, tenant, key)
    if old is None:
        made = Category(
            id=tx.new_id(),
            tenant=tenant,
            key=key,
            name=name,
            model=model,
            created_at=caller.now_ms,
            updated_at=caller.now_ms,
            claims=(category_claim(key),),
        )
        tx.add(made)
        audit.note(tx, caller, "category", made.id, "create")
        return made
    new = replace(old, name=name, model=model, updated_at=caller.now_ms)
    tx.put(old, new)
    changed = audit.differences(old, new, ("name", "model"))
    audit.note(tx, caller, "category", new.id, "update", changed)
    return new


def delete(tx: Tx, caller: Caller, key: str) -> Category:
    """Forgets the category and returns it as it was; products keep their models.

    Raises:
        NotFound: the tenant has no such category.
    """
    category = get(tx, caller.tenant.id, key)
    tx.drop(category)
    audit.note(tx, caller, "category", category.id, "delete")
    return category
