"""The use cases of products: plain functions over a unit of work, shared by every dialect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from entrepot.core import audit
from entrepot.core.caller import Caller
from entrepot.core.faults import InUse, NotFound, QuotaExceeded, Refused
from entrepot.core.kinds import KINDS
from entrepot.core.models.authored import Authored
from entrepot.core.models.changes import Changes
from entrepot.core.models.rebase import rebased
from entrepot.core.ports import Entry, L, Tx
from entrepot.core.products import named_models
from entrepot.core.products.changes import changes
from entrepot.core.things.claim import Call, Claim
from entrepot.core.things.model import ModelVersion
from entrepot.core.things.product import NAME, Draft, Product, Profile
from entrepot.core.things.space import Space
from entrepot.core.things.template import Template
from entrepot.core.things.topic import Topic

V = TypeVar("V")
P = TypeVar("P", Topic, ModelVersion)

PARTS = (Topic, ModelVersion)
"""Kinds that go with their product."""
DEPENDENTS = tuple(k for k in KINDS if k.parent == "product" and k.type not in PARTS)
"""Kinds that keep their product from being deleted."""


class Ref(msgspec.Struct, frozen=True, gc=False):
    """How a caller names a product.

    `text` is what it wrote. `id` is what the dialect's code read from it, if anything. `alias_rule`
    is the claim under which an id chosen by a caller would be held. `space` narrows the search.
    """

    text: str
    id: int | None = None
    alias_rule: str = ""
    space: int | None = None


class Edit(msgspec.Struct, frozen=True, gc=False):
    """What a product becomes: its new profile, and the dialect's claims in place of those it had.

    `claims` None leaves them as they are.
    """

    profile: Profile
    claims: tuple[Claim, ...] | None = None
    released: bool | None = None
    draft: Authored | UnsetType | None = UNSET  # the next thing model
    parked: bool = False  # what the new model cannot say of the old one is parked in it already
    secret: bytes | None = None  # sealed, for the caller's dialect
    secret_name: str | None = None


def create(tx: Tx, caller: Caller, draft: Draft) -> Product:
    """The product, kept.

    Raises:
        NotFound: no such space, or no such template.
        Taken: one of its claims has a holder.
        QuotaExceeded: the tenant holds as many products as the dialect allows.
    """
    tenant = caller.tenant
    space = tenant.default_space
    if draft.space is not None or draft.space_handle:
        if draft.space is None or tx.get(Space, tenant.id, draft.space) is None:
            raise NotFound("space", draft.space_handle)
        space = draft.space
    quota = draft.quota if tenant.settings.quotas else None
    if quota is not None and tx.count(Product, tenant.id) >= quota:
        raise QuotaExceeded("product", quota)
    if draft.profile.template is not None:
        count_use(tx, tenant.id, draft.profile.template, 1)
    claims, aliases = draft.claims, {}
    if draft.alias is not None:
        aliases = {caller.dialect: draft.alias}
        claims = (*claims, alias_claim(caller.dialect, space, draft.alias))
    actor = caller.actor
    product = Product(
        id=tx.new_id(),
        tenant=tenant.id,
        space=space,
        origin=caller.dialect,
        profile=draft.profile,
        created_at=caller.now_ms,
        created_by=actor,
        updated_at=caller.now_ms,
        updated_by=actor,
        claims=claims,
        aliases=aliases,
        draft=draft.next_model,
        made_by=Call(caller.operation, caller.request_id),
    )
    tx.add(product)
    return product


def history(tx: Tx, tenant: int, id: int) -> list[Entry]:
    """Who did what to the product, oldest first; it outlives the product.

    The first line stands in the product itself as long as there is one: a create writes one row
    less (docs/decisions/0100).
    """
    product = tx.get(Product, tenant, id)
    return [*_first_line(product), *tx.history(tenant, id)]


def _first_line(product: Product | None) -> list[Entry]:
    if product is None or product.made_by is None:
        return []
    entry = Entry(
        kind="product",
        thing=product.id,
        revision=1,
        at=product.created_at,
        actor=product.created_by,
        dialect=product.origin,
        operation=product.made_by.operation,
        request_id=product.made_by.request_id,
        action="create",
    )
    return [entry]


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A product with the things whose names its vendors show beside it."""

    product: Product
    space: Space
    template: Template | None = None
    model: Authored | None = None  # its thing model in force


def shown(use: Callable[[Tx, Caller, V], Product]) -> Callable[[Tx, Caller, V], Shown]:
    """The use case, with its product shown."""

    def run(tx: Tx, caller: Caller, value: V) -> Shown:
        return show(tx, caller, use(tx, caller, value))

    return run


def show(tx: Tx, caller: Caller, product: Product) -> Shown:
    """The product with its space, its thing model and, where it has one, its template."""
    space = tx.get(Space, product.tenant, product.space)
    if space is None:
        raise NotFound("space", str(product.space))
    template = product.profile.template
    return Shown(
        product,
        space,
        None if template is None else tx.get(Template, product.tenant, template),
        model_in_force(tx, caller, product),
    )


def model_in_force(tx: Tx, caller: Caller, product: Product) -> Authored | None:
    """The thing model that the product's devices have: its own, else the named one that it names."""
    model, key = product.profile.model, product.profile.model_key
    if model is not None or key is None:
        return model
    named = named_models.find(tx, product.tenant, key)
    return caller.catalog.public.get(key) if named is None else named.model


def alias_claim(dialect: str, space: int, alias: str) -> Claim:
    """The claim of an id that a caller chose: unique in the space."""
    return Claim(f"{dialect}.alias", f"{space}/{alias}")


def get(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product that the caller means.

    Raises:
        NotFound: the tenant has none, or a setting hides it from this dialect.
    """
    found = _by_id(tx, caller, ref) or _by_alias(tx, caller, ref)
    if found is None:
        raise NotFound("product", ref.text)
    return found


def _by_id(tx: Tx, caller: Caller, ref: Ref) -> Product | None:
    if ref.id is None:
        return None
    product = tx.get(Product, caller.tenant.id, ref.id)
    if product is None or caller.dialect in product.aliases or not visible(caller, product):
        return None  # a product with a chosen id answers to that one only
    return product if ref.space in (None, product.space) else None


def _by_alias(tx: Tx, caller: Caller, ref: Ref) -> Product | None:
    """Without a space: the one in the default space, else the earliest made (IoTDA ShowProduct)."""
    if not ref.alias_rule:
        return None
    tenant = caller.tenant
    spaces = [ref.space] if ref.space is not None else [tenant.default_space]
    if ref.space is None:
        spaces += [s.id for s in tx.scan(Space, tenant.id) if s.id != tenant.default_space]
    holders = [tx.holder(tenant.id, alias_claim(caller.dialect, s, ref.text)) for s in spaces]
    if not any(holders):
        return None
    best = holders[0] or min(h for h in holders if h is not None)
    product = tx.get(Product, tenant.id, best)
    return product if product is not None and visible(caller, product) else None


def named(tx: Tx, tenant: int, name: str) -> Iterator[Product]:
    """Every product of the tenant that is called so, newest first."""
    return labelled(tx, Product, tenant, [(NAME, name)])


def labelled(
    tx: Tx, kind: type[L], tenant: int, labels: Sequence[tuple[str, str | None]]
) -> Iterator[L]:
    """Everything of the kind that has any of the labels, newest first."""
    return tx.having(kind, tenant, labels)


def visible(caller: Caller, product: Product) -> bool:
    """Whether a setting of the tenant hides this product from the caller's dialect."""
    return (
        caller.dialect not in caller.tenant.settings.own_products_only
        or product.origin == caller.dialect
    )


def update(tx: Tx, caller: Caller, change: tuple[Ref, Callable[[Product], Edit]]) -> Product:
    """The product as it is after `change`; units of work are one after another, so nothing is lost.

    Raises:
        NotFound: no such product.
        Taken: a new claim has another holder.
    """
    ref, edit = change
    old = get(tx, caller, ref)
    wanted = edit(old)
    claims = old.claims
    if wanted.claims is not None:
        mine = f"{caller.dialect}."
        kept = (c for c in old.claims if not c.rule.startswith(mine) or c.rule == f"{mine}alias")
        claims = (*kept, *wanted.claims)
    if wanted.profile.name != old.profile.name:
        claims = _renamed(tx, old, claims, wanted.profile.name)
    profile = wanted.profile
    draft, base = old.draft, old.draft_base
    if wanted.draft is not UNSET:
        draft, base = wanted.draft, model_in_force(tx, caller, old)
    model = profile.model
    if model is not None and model is not old.profile.model and not wanted.parked:
        in_force = model_in_force(tx, caller, old)
        model = caller.catalog.revised(in_force, model)
        profile = replace(profile, model=model)
        if draft is not None and model != in_force:
            draft = rebased(caller.catalog, draft, base or in_force, model)
    secrets, names = old.secrets, old.names_of_secrets
    if wanted.secret is not None:
        secrets = {**secrets, caller.dialect: wanted.secret}
    if wanted.secret_name is not None:
        names = {**names, caller.dialect: wanted.secret_name}
    new = replace(
        old,
        profile=profile,
        draft=draft,
        draft_base=base if draft is not None and model is None else None,
        claims=claims,
        released=old.released if wanted.released is None else wanted.released,
        secrets=secrets,
        names_of_secrets=names,
        updated_at=caller.now_ms,
        updated_by=caller.actor,
        revision=old.revision + 1,
    )
    tx.put(old, new)
    _note(tx, caller, new, "update", changes(old, new))
    return new


def _renamed(tx: Tx, old: Product, claims: tuple[Claim, ...], name: str) -> tuple[Claim, ...]:
    """The claims, those of other dialects on the old name (rules that end in `.name`) on the new one.

    Where the new name is another product's there, this one goes without: its own dialect allowed it.
    """
    kept: list[Claim] = []
    for claim in claims:
        if claim.rule.endswith(".name") and claim.value == old.profile.name:
            claim = Claim(claim.rule, name)
            if tx.holder(old.tenant, claim) not in (None, old.id):
                continue
        kept.append(claim)
    return tuple(kept)


def delete(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product as it was.

    Raises:
        NotFound: no such product.
        InUse: something depends on it.
        Refused: it is released, in a dialect that then forbids deleting.
    """
    product = get(tx, caller, ref)
    dependents = depends_on(tx, product)
    if dependents:
        raise InUse("product", ref.text, dependents)
    _drop_parts(tx, product, Topic)
    _drop_parts(tx, product, ModelVersion)
    if product.profile.template is not None:
        count_use(tx, product.tenant, product.profile.template, -1)
    tx.drop(product)
    for line in _first_line(product):
        tx.note(product.tenant, line)
    gone = replace(product, revision=product.revision + 1)
    _note(tx, caller, gone, "delete")
    return product


def _drop_parts(tx: Tx, product: Product, kind: type[P]) -> None:
    for part in tx.scan(kind, product.tenant, parent=product.id):
        tx.drop(part)


def count_use(tx: Tx, tenant: int, template: int, by: int) -> None:
    """Nothing; the template knows that `by` more products were made from it.

    Raises:
        NotFound: no such template.
    """
    found = tx.get(Template, tenant, template)
    if found is None:
        raise NotFound("template", str(template))
    tx.put(found, replace(found, uses=found.uses + by))


def depends_on(tx: Tx, product: Product) -> str:
    """What keeps the product from going, in one word; empty where nothing does."""
    for kind in DEPENDENTS:
        if tx.count(kind.type, product.tenant, parent=product.id):
            return f"{kind.name}s"
    return ""


def refuse_released(product: Product, handle: str) -> None:
    """Nothing, unless the product is released.

    Raises:
        Refused: it is.
    """
    if product.released:
        raise Refused("product", "released", handle)


def _note(
    tx: Tx,
    caller: Caller,
    product: Product,
    action: audit.Action,
    what: Changes | None = None,
) -> None:
    audit.note(tx, caller, "product", product.id, action, what, product.revision)
