"""The use cases of spaces (IoTDA resource space, ROMA application): plain functions over a unit of work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from entrepot.core import audit, sealing
from entrepot.core.caller import Caller
from entrepot.core.faults import InUse, NotFound, QuotaExceeded, Refused, Taken
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Tenant, space_claim
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space


@dataclass(frozen=True, slots=True)
class SpaceDraft:
    """A space to be. `quota` is the dialect's limit on spaces of a tenant, the default one counted."""

    name: str
    claims: tuple[Claim, ...] = ()
    extras: dict[str, Any] | None = None  # the dialect's own fields
    secret: str | None = None  # one that the caller chose
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class SpaceEdit:
    """What a space becomes. None leaves what there is."""

    name: str | None = None
    claims: tuple[Claim, ...] | None = None  # in place of the dialect's own
    extras: dict[str, Any] | None = None  # in place of the dialect's own
    secret: str | None = None


def create_space(tx: Tx, caller: Caller, draft: SpaceDraft) -> Space:
    """The space, kept.

    Raises:
        Taken: one of its claims has a holder.
        QuotaExceeded: the tenant holds as many spaces as the dialect allows.
    """
    quota = draft.quota if caller.tenant.settings.quotas else None
    if quota is not None and tx.count(Space, caller.tenant.id) >= quota:
        raise QuotaExceeded("space", quota)
    id = tx.new_id()
    space = Space(
        id=id,
        tenant=caller.tenant.id,
        name=draft.name,
        created_at=caller.now_ms,
        created_by=caller.actor,
        claims=draft.claims,
        extras={caller.dialect: draft.extras} if draft.extras else {},
        secrets=_sealed(caller, id, draft.secret),
    )
    tx.add(space)
    audit.note(tx, caller, "space", space.id, "create")
    return space


def get_space(tx: Tx, caller: Caller, ref: Ref) -> Space:
    """The space that the caller means; only `text` and `id` of the reference count.

    Raises:
        NotFound: the tenant has none.
    """
    space = None if ref.id is None else tx.get(Space, caller.tenant.id, ref.id)
    if space is None:
        raise NotFound("space", ref.text)
    return space


def list_spaces(tx: Tx, caller: Caller, value: object = None) -> list[Space]:
    """Every space of the tenant, oldest first, so the default one leads. Dialects page and filter."""
    return sorted(tx.scan(Space, caller.tenant.id), key=lambda space: space.id)


def update_space(tx: Tx, caller: Caller, change: tuple[Ref, Callable[[Space], SpaceEdit]]) -> Space:
    """The space as it is after the change.

    Raises:
        NotFound: no such space.
        Taken: a new claim has another holder.
    """
    ref, edit = change
    old = get_space(tx, caller, ref)
    wanted = edit(old)
    claims, extras = old.claims, old.extras
    if wanted.claims is not None:
        others = (c for c in old.claims if not c.rule.startswith(f"{caller.dialect}."))
        claims = (*others, *wanted.claims)
    if wanted.extras is not None:
        extras = {**old.extras, caller.dialect: wanted.extras}
    new = replace(
        old,
        name=old.name if wanted.name is None else wanted.name,
        claims=claims,
        extras=extras,
        secrets={**old.secrets, **_sealed(caller, old.id, wanted.secret)},
        updated_at=caller.now_ms,
        updated_by=caller.actor,
    )
    tx.put(old, new)
    what = audit.differences(old, new, ("name", "extras"))
    if wanted.secret is not None:
        what["secret"] = ["(changed)", "(changed)"]
    audit.note(tx, caller, "space", new.id, "update", what)
    return new


def delete_space(tx: Tx, caller: Caller, ref: Ref) -> Space:
    """The space as it was.

    Raises:
        NotFound: no such space.
        Refused: it is the tenant's default space.
        InUse: it holds products.
    """
    space = get_space(tx, caller, ref)
    if is_default(caller, space):
        raise Refused("space", "default_space", ref.text)
    if tx.count(Product, space.tenant, parent=space.id):
        raise InUse("space", ref.text, "products")
    tenant = _tenant(tx, caller)
    if space.id in tenant.spaces:
        _put_ids(tx, tenant, space, {})
    tx.drop(space)
    audit.note(tx, caller, "space", space.id, "delete")
    return space


def set_ids(tx: Tx, caller: Caller, space: Space, ids: Mapping[str, str]) -> Tenant:
    """Keeps what vendors call the space, in place of what is computed, and returns the tenant.

    `ids`: by the id's name. Ids that are not named stay as they are; one that is empty is forgotten.

    Raises:
        Taken: another space has the id, of this tenant or of another.
    """
    tenant = _tenant(tx, caller)
    for other, held in tenant.spaces.items():
        for name, id in ids.items():
            if id and other != space.id and held.get(name) == id:
                raise Taken(space_claim(name, id).rule, id, other)
    before = tenant.spaces.get(space.id, {})
    after = {name: id for name, id in {**before, **ids}.items() if id}
    tenant = _put_ids(tx, tenant, space, after)
    audit.note(tx, caller, "space", space.id, "update", {"ids": [before, after]})
    return tenant


def _tenant(tx: Tx, caller: Caller) -> Tenant:
    """Returns the caller's tenant as it is now: the caller's own copy may be a second old."""
    tenant = tx.get(Tenant, INSTALLATION, caller.tenant.id)
    if tenant is None:
        raise NotFound("tenant", caller.tenant.name)
    return tenant


def _put_ids(tx: Tx, tenant: Tenant, space: Space, ids: dict[str, str]) -> Tenant:
    others = {number: held for number, held in tenant.spaces.items() if number != space.id}
    new = replace(tenant, spaces={**others, space.id: ids} if ids else others)
    tx.put(tenant, new)
    return new


def is_default(caller: Caller, space: Space) -> bool:
    """Whether it is the space of products that name none."""
    return space.id == caller.tenant.default_space


def chosen_secret(caller: Caller, space: Space) -> str | None:
    """The secret that somebody chose for it in the caller's dialect, if anybody did."""
    sealed = space.secrets.get(caller.dialect)
    return (
        caller.vault.open(sealed, sealing.own_secret(space.id, caller.dialect)).decode()
        if sealed
        else None
    )


def _sealed(caller: Caller, space: int, secret: str | None) -> dict[str, bytes]:
    if secret is None:
        return {}
    return {
        caller.dialect: caller.vault.seal(
            secret.encode(), sealing.own_secret(space, caller.dialect)
        )
    }
