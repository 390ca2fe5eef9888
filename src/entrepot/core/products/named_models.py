"""The use cases of named thing models: those that products are instances of. Knows no model's language."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from entrepot.core import audit
from entrepot.core.caller import Caller
from entrepot.core.faults import InUse, NotFound
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.things.claim import Claim
from entrepot.core.things.model import NamedModel
from entrepot.core.things.product import MODEL, Product


def model_claim(key: str) -> Claim:
    """What a model's key is held under: unique in the tenant."""
    return Claim("model.key", key)


def find(tx: Tx, tenant: int, key: str) -> NamedModel | None:
    """The tenant's model of this key, if it has one."""
    id = tx.holder(tenant, model_claim(key))
    return None if id is None else tx.get(NamedModel, tenant, id)


def get(tx: Tx, tenant: int, key: str) -> NamedModel:
    """The tenant's model of this key.

    Raises:
        NotFound: there is none.
    """
    found = find(tx, tenant, key)
    if found is None:
        raise NotFound("model", key)
    return found


def every(tx: Tx, tenant: int) -> Iterator[NamedModel]:
    """Each of the tenant's models, newest first."""
    return tx.scan(NamedModel, tenant)


def put(tx: Tx, caller: Caller, key: str, model: Authored) -> NamedModel:
    """The model under its key, made where it is new and replaced where it is not."""
    tenant = caller.tenant.id
    old = find(tx, tenant, key)
    if old is None:
        made = NamedModel(
            id=tx.new_id(),
            tenant=tenant,
            key=key,
            model=model,
            created_at=caller.now_ms,
            updated_at=caller.now_ms,
            claims=(model_claim(key),),
        )
        tx.add(made)
        audit.note(tx, caller, "model", made.id, "create")
        return made
    new = replace(old, model=model, updated_at=caller.now_ms)
    tx.put(old, new)
    audit.note(tx, caller, "model", new.id, "update", audit.differences(old, new, ("model",)))
    return new


def delete(tx: Tx, caller: Caller, key: str) -> NamedModel:
    """The model as it was.

    Raises:
        NotFound: there is none.
        InUse: a product is an instance of it.
    """
    model = get(tx, caller.tenant.id, key)
    if tx.labelled(Product, caller.tenant.id, [(MODEL, key)], limit=1)[0]:
        raise InUse("model", key, "products")
    tx.drop(model)
    audit.note(tx, caller, "model", model.id, "delete")
    return model
