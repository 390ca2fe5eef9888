"""The use cases of a product's thing model: the one in force, the draft of the next, what was published.

Dialects without drafts put their models in force at once; a draft that another dialect keeps takes in
what they change. Plain functions over a unit of work; know no model's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, Refused, Taken
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format
from entrepot.core.models.rebase import edited, rebased
from entrepot.core.models.thing_model import ThingModel
from entrepot.core.ports import Tx
from entrepot.core.precompute import Foreseen
from entrepot.core.products import registry
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things.claim import Claim
from entrepot.core.things.model import ModelVersion
from entrepot.core.things.product import Product

_LONG = 1 << 16  # bytes of a draft whose change takes some milliseconds


@dataclass(frozen=True, slots=True)
class Revision:
    """What a product's draft becomes; None where nobody here can read it."""

    ref: Ref
    draft: Foreseen[Authored | None, Authored | None]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a draft is published as. `keep`: so many versions stay, the oldest go."""

    ref: Ref
    version: str
    description: str | None = None
    keep: int | None = None


def revision(
    caller: Caller, ref: Ref, words: Format, edit: Callable[[ThingModel], ThingModel]
) -> Revision:
    """A change of what the format `words` shows of a draft; what it does not show stays in it."""
    made = Foreseen[Authored | None, Authored | None](
        lambda old: edited(caller.catalog, old, words, edit, caller.dialect)
    )
    return Revision(ref, made)


def draft_of(tx: Tx, caller: Caller, product: Product) -> Authored | None:
    """The model as its author last left it, published or not; None where there is none.

    A named model that it was begun from may have changed since: what changed is in it.
    """
    draft, base = product.draft, product.draft_base
    in_force = registry.model_in_force(tx, caller, product)
    if draft is None or base is None or in_force is None or base == in_force:
        return draft or in_force
    return rebased(caller.catalog, draft, base, in_force)


def _caught_up(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product, its draft kept with what its named model changed in it; a line of its history tells it.

    Raises:
        NotFound: no such product.
        Refused: it is released.
    """
    product = registry.get(tx, caller, ref)
    registry.refuse_released(product, ref.text)
    draft = draft_of(tx, caller, product)
    if product.draft is None or draft is None or draft == product.draft:
        return product
    return set_draft(tx, caller, ref, draft)


def edit_draft(tx: Tx, caller: Caller, change: Revision) -> Product:
    """The product with its draft changed; what is in force stays until it is published.

    Raises:
        NeedsPrecompute: the draft is long.
        NotFound: no such product.
        Refused: it is released, or nobody here can read the model that it has.
    """
    product = _caught_up(tx, caller, change.ref)
    old = draft_of(tx, caller, product)
    new = change.draft.of(old, long=old is not None and len(bytes(old.text)) > _LONG)
    if new is None:
        raise Refused("model", "unreadable", change.ref.text)
    return set_draft(tx, caller, change.ref, new)


def set_draft(tx: Tx, caller: Caller, ref: Ref, draft: Authored) -> Product:
    """The product with another draft.

    Raises:
        NotFound: no such product.
        Refused: it is released.
    """
    registry.refuse_released(registry.get(tx, caller, ref), ref.text)
    return registry.update(tx, caller, (ref, lambda old: Edit(old.profile, draft=draft)))


def publish(tx: Tx, caller: Caller, wanted: Publication) -> ModelVersion:
    """The version; its model is in force from now on.

    Raises:
        NotFound: no such product, or it has no model to publish.
        Refused: it is released.
        Taken: it has a version of that name.
    """
    product = _caught_up(tx, caller, wanted.ref)
    model = draft_of(tx, caller, product)
    if model is None:
        raise NotFound("model", wanted.ref.text)
    version = add_version(tx, caller, product, model, wanted.version, wanted.description)
    registry.update(tx, caller, (wanted.ref, _in_force))
    if wanted.keep is not None:
        for old in list(versions(tx, product))[wanted.keep :]:
            tx.drop(old)
    return version


def _in_force(old: Product) -> Edit:
    """A draft parked what it could not say when it was made."""
    model = old.draft or old.profile.model
    return Edit(replace(old.profile, model=model), draft=None, parked=True)


def add_version(
    tx: Tx,
    caller: Caller,
    product: Product,
    model: Authored,
    name: str,
    description: str | None = None,
) -> ModelVersion:
    """The version, kept.

    Raises:
        Taken: the product has a version of that name.
    """
    claim = _claim(product, name)
    if (holder := tx.holder(product.tenant, claim)) is not None:
        raise Taken(claim.rule, name, holder)
    made = ModelVersion(
        id=tx.new_id(),
        tenant=product.tenant,
        product=product.id,
        version=name,
        description=description,
        model=model,
        created_at=caller.now_ms,
        created_by=caller.actor,
        claims=(claim,),
    )
    tx.add(made)
    return made


def versions(tx: Tx, product: Product) -> Iterator[ModelVersion]:
    """What was published of the product's model, newest first."""
    return tx.scan(ModelVersion, product.tenant, parent=product.id)


def version(tx: Tx, product: Product, name: str = "") -> ModelVersion:
    """The version of this name; without a name the newest.

    Raises:
        NotFound: there is none.
    """
    if name:
        id = tx.holder(product.tenant, _claim(product, name))
        found = None if id is None else tx.get(ModelVersion, product.tenant, id)
    else:
        found = next(iter(tx.page(ModelVersion, product.tenant, parent=product.id, limit=1)), None)
    if found is None:
        raise NotFound("model version", name)
    return found


def _claim(product: Product, version: str) -> Claim:
    return Claim("model.version", f"{product.id}/{version}")
