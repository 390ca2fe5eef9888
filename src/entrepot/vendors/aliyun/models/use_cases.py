"""The use cases of Alibaba's thing model actions: drafts, versions, copies; knows no wire and no SQL."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice

import msgspec
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, Refused
from entrepot.core.models.authored import Authored
from entrepot.core.models.thing_model import Service, ThingModel
from entrepot.core.ports import Tx
from entrepot.core.products import drafts, registry
from entrepot.core.products.drafts import Publication, Revision
from entrepot.core.products.registry import Ref
from entrepot.core.things.model import ModelVersion
from entrepot.core.things.product import Draft, Product
from entrepot.vendors.aliyun.editions import SENIOR, edition_of
from entrepot.vendors.aliyun.models import edits, own_categories
from entrepot.vendors.aliyun.models.categories import Category
from entrepot.vendors.aliyun.models.edits import NOTHING

KEPT = 10  # versions (ListThingModelVersion)


@dataclass(frozen=True, slots=True)
class ModuleRef:
    """A module of a product's model: of a version, else of the draft or of what is in force."""

    ref: Ref
    module: str
    version: str = ""
    published: bool = False
    simple: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """The module, and the model and version that it is of."""

    product: Product
    module: Service
    model: ThingModel
    version: ModelVersion | None = None
    simple: bool = False


@dataclass(frozen=True, slots=True)
class Copy:
    """A version of one product's model that is to be another's draft."""

    source: Ref
    version: str
    target: Ref


def create(tx: Tx, caller: Caller, draft: Draft, publish: bool) -> Product:
    """Keeps the product, which begins with the model of its category, and returns it.

    `publish`: the model is in force from the start, as the first version; else it waits to be published.

    Raises:
        NotFound: there is no such category; or as `registry.create`.
        Taken, QuotaExceeded: as `registry.create`.
    """
    key = draft.profile.category
    if key is not None:
        text = own_categories.get(tx, caller, key).tsl
        model = Authored(caller.dialect, msgspec.Raw(text.encode()))
        if publish:
            draft = replace(draft, profile=replace(draft.profile, model=model))
        else:
            draft = replace(draft, next_model=model)
    product = registry.create(tx, caller, draft)
    if product.profile.model is not None:
        name = _next_name(tx, caller, product)
        drafts.add_version(tx, caller, product, product.profile.model, name)
    return product


def revise(tx: Tx, caller: Caller, change: Revision) -> Product:
    """The product with its draft changed.

    Raises:
        NotFound: no such product, module or feature.
        Refused: it is released, of the edition without models, or its model cannot be read here.
        Taken: the module has a feature of that identifier.
        Invalid: a module that is to be made is not called what one may be.
        QuotaExceeded: there would be too many modules or features.
    """
    _senior(tx, caller, change.ref)
    return drafts.edit_draft(tx, caller, change)


def shown(tx: Tx, caller: Caller, wanted: ModuleRef) -> Shown:
    """The module that was asked for.

    Raises:
        NotFound: no such product, version or module, or nothing was published.
        Refused: the product is of the edition without models.
    """
    product = _senior(tx, caller, wanted.ref)
    version, authored = _asked_for(tx, caller, product, wanted)
    model = (authored and caller.catalog.model(authored)) or NOTHING
    module = edits.module(model, wanted.module)
    return Shown(product, module, model, version, wanted.simple)


def _asked_for(
    tx: Tx, caller: Caller, product: Product, wanted: ModuleRef
) -> tuple[ModelVersion | None, Authored | None]:
    if wanted.version:
        found = drafts.version(tx, product, wanted.version)
        return found, found.model
    if not wanted.published:
        return None, drafts.draft_of(tx, caller, product)
    # What is in force, whoever put it there; the last version where it is that.
    in_force = registry.model_in_force(tx, caller, product)
    if in_force is None:
        raise NotFound("model version", "")
    newest = next(islice(drafts.versions(tx, product), 1), None)
    return newest if newest is not None and newest.model == in_force else None, in_force


def publish(tx: Tx, caller: Caller, wanted: Publication) -> ModelVersion:
    """The version; the draft is in force from now on, and the last ten versions stay.

    Raises:
        NotFound: no such product.
        Refused: it is released, or of the edition without models.
        Taken: it has a version of that name.
    """
    product = _senior(tx, caller, wanted.ref)
    if drafts.draft_of(tx, caller, product) is None:
        # INFERRED: a product without features has an empty model, and that can be published.
        empty = caller.catalog.authored(NOTHING, caller.dialect)
        drafts.set_draft(tx, caller, wanted.ref, empty)
    name = wanted.version or _next_name(tx, caller, product)
    named = Publication(wanted.ref, name, wanted.description, KEPT)
    return drafts.publish(tx, caller, named)


def _next_name(tx: Tx, caller: Caller, product: Product) -> str:
    """What a version is called that nobody named. INFERRED: the time in ms, as the samples look."""
    return next(str(n) for n in count(caller.now_ms) if _is_free(tx, product, str(n)))


def _is_free(tx: Tx, product: Product, name: str) -> bool:
    try:
        drafts.version(tx, product, name)
    except NotFound:
        return True
    return False


def versions(tx: Tx, caller: Caller, ref: Ref) -> list[ModelVersion]:
    """The versions, newest first.

    Raises:
        NotFound: no such product.
        Refused: it is of the edition without models.
    """
    return list(drafts.versions(tx, _senior(tx, caller, ref)))


def copy(tx: Tx, caller: Caller, wanted: Copy) -> Product:
    """The target with the version as its draft, whole.

    Raises:
        NotFound: no such product or version.
        Refused: one is of the edition without models, they are of two categories, or the target is
            released.
    """
    source, target = (_senior(tx, caller, ref) for ref in (wanted.source, wanted.target))
    if source.profile.category != target.profile.category:
        raise Refused("product", "category", wanted.target.text)
    model = drafts.version(tx, source, wanted.version).model
    return drafts.set_draft(tx, caller, wanted.target, model)


def _senior(tx: Tx, caller: Caller, ref: Ref) -> Product:
    product = registry.get(tx, caller, ref)
    if edition_of(product) != SENIOR:
        raise Refused("product", "not_senior", ref.text)
    return product


def all_categories(tx: Tx, caller: Caller, nothing: object) -> tuple[Category, ...]:
    """Returns every category that the tenant can name, its own ones too."""
    return own_categories.every(tx, caller)


def one_category(tx: Tx, caller: Caller, key: str) -> Category:
    """Returns the category of this key, the tenant's own or one of the starter set.

    Raises:
        NotFound: there is none.
    """
    return own_categories.get(tx, caller, key)
