"""Thing models as EnOS callers meet them: the organization's own, public ones, and products' own.

Public models are the starter models: kept in code, readable by every tenant, changed by none. A
product with a model of its own (made, or changed, through another dialect) shows it under its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import Denied, Invalid, NotFound, QuotaExceeded, Violation
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.products import named_models, registry
from entrepot.core.products.registry import Edit
from entrepot.core.texts import decoded
from entrepot.core.things.model import NamedModel
from entrepot.core.things.product import Product
from entrepot.vendors.enos import handles
from entrepot.vendors.enos.formats import enos as formats
from entrepot.vendors.enos.formats import wire
from entrepot.vendors.enos.handles import DIALECT
from entrepot.vendors.enos.models import starter

Document = dict[str, Any]

# INFERRED: every model answered has an orgId, and a public one's is another organization's.
PUBLIC_ORG = "o00000000000000"
OWN, OWN_AND_PUBLIC, PUBLIC = 0, 1, 2
_EMPTY: Document = {"tags": {}, **{kind: {} for kind in wire.KINDS}}


@cache
def public() -> Mapping[str, Document]:
    """The public models by modelId, as they are answered."""
    return {str(d["modelId"]): {"orgId": PUBLIC_ORG, **d} for d in starter.models()}


@dataclass(frozen=True, slots=True)
class ModelRef:
    """One model, and whose it may be."""

    model_id: str
    scope: int


@dataclass(frozen=True, slots=True)
class Search:
    """Which models, in which part of the list; `ids` binds them where it is not None."""

    call: Any
    scope: int
    skip: int
    limit: int
    keep: Callable[[Document], bool] | None = None
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of models, how many there are in all, and what was asked."""

    wanted: Search
    documents: list[Document]
    total: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a model becomes: `fields` over what it is where `patch`, else instead of it.

    `gone`: features that a patch takes away, unless it names them as well.
    """

    model_id: str
    fields: Document
    patch: bool
    gone: tuple[str, ...] = ()


# --- reading -------------------------------------------------------------------------------------


def get(tx: Tx, caller: Caller, wanted: ModelRef) -> Document:
    """The model as it is answered; the organization's own before a public one of the same id.

    Raises:
        NotFound: there is none in that scope.
    """
    found = _find(tx, caller, wanted.model_id, wanted.scope)
    if found is None:
        raise NotFound("model", wanted.model_id)
    return found


def _find(tx: Tx, caller: Caller, model_id: str, scope: int) -> Document | None:
    if scope != PUBLIC:
        own = named_models.find(tx, caller.tenant.id, model_id)
        if own is not None:
            return _answered(_document(own), caller)
    if scope != OWN and model_id in public():
        return public()[model_id]
    product = None if scope == PUBLIC else _product(tx, caller, model_id)
    return None if product is None else _shown(product, caller)


def _answered(document: Document, caller: Caller) -> Document:
    return {
        "orgId": caller.tenant.ids[handles.ORG],
        "modelIdPath": f"/{document['modelId']}",
        **_EMPTY,
        **document,
    }


def _document(model: NamedModel) -> Document:
    document: Document = decoded(model.model.text)
    return document


def _product(tx: Tx, caller: Caller, key: str) -> Product | None:
    """The product of this key, if it has a model of its own."""
    try:
        product = registry.get(tx, caller, handles.product_ref(caller.vault, key))
    except NotFound:
        return None
    return None if product.profile.model is None else product


def _of_product(product: Product, caller: Caller) -> Document | None:
    """The product's own model under the product's key; None where nobody here can read it."""
    profile, key = product.profile, handles.product_key(caller.vault, product)
    if profile.model is None:
        return None
    if profile.model.dialect == DIALECT:
        document: Document = decoded(profile.model.text)
        return {**document, "modelId": key, "modelIdPath": f"/{key}"}
    model = caller.catalog.model(profile.model)
    if model is None:
        return None
    name, names = model.name or profile.name, model.names or profile.names
    return formats.document(replace(model, id=key, name=name, names=names))


# --- searching -----------------------------------------------------------------------------------


def search(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """Returns a page of the models that match, and the number of all that match.

    Models that Create Product accepts come first: the organization's own, then the public ones. The
    models of products follow, because a modelId that Search Product answers must be found here.
    Own models and those of products are in the order in which they were made. All pages are cut
    from this one order. A search that names no modelId scans all products for the total.
    """
    end = wanted.skip + wanted.limit
    if wanted.ids is not None:
        models = [d for id in wanted.ids if (d := _find(tx, caller, id, wanted.scope)) is not None]
        matches = [d for d in models if wanted.keep is None or wanted.keep(d)]
        matches.sort(key=lambda d: not is_usable(tx, caller, d["modelId"]))
        return Found(wanted, matches[wanted.skip : end], len(matches))
    entries: list[int | Document] = []
    if wanted.scope != PUBLIC:
        entries += _matching(named_models.every(tx, caller.tenant.id), caller, wanted)
    if wanted.scope != OWN:
        entries += _public(tx, caller, wanted)
    if wanted.scope != PUBLIC:
        entries += _matching(_products(tx, caller), caller, wanted)
    page = [_document_of(tx, caller, entry) for entry in entries[wanted.skip : end]]
    return Found(wanted, [d for d in page if d is not None], len(entries))


def is_usable(tx: Tx, caller: Caller, model_id: str) -> bool:
    """Returns whether a product can be created with this model: not with that of another product."""
    return model_id in public() or named_models.find(tx, caller.tenant.id, model_id) is not None


Holder = NamedModel | Product
"""What holds a model of the organization's own."""


def _matching(holders: Iterable[Holder], caller: Caller, wanted: Search) -> list[int]:
    """Returns the numbers of the holders whose model matches, oldest first.

    Numbers, because the documents may be large.
    """
    numbers = []
    for holder in holders:
        document = None if wanted.keep is None else _shown(holder, caller)
        if wanted.keep is None or (document is not None and wanted.keep(document)):
            numbers.append(holder.id)
    return sorted(numbers)


def _products(tx: Tx, caller: Caller) -> Iterator[Product]:
    """Yields the products that have a model of their own."""
    for product in tx.scan(Product, caller.tenant.id):
        model = product.profile.model
        if model is not None and caller.catalog.reads(model) and registry.visible(caller, product):
            yield product


def _document_of(tx: Tx, caller: Caller, entry: int | Document) -> Document | None:
    """Returns the model of the holder that has this number; a public model is returned as it is."""
    if not isinstance(entry, int):
        return entry
    holder: Holder | None = tx.get(NamedModel, caller.tenant.id, entry)
    holder = holder or tx.get(Product, caller.tenant.id, entry)
    return None if holder is None else _shown(holder, caller)


def _shown(holder: Holder, caller: Caller) -> Document | None:
    if isinstance(holder, NamedModel):
        return _answered(_document(holder), caller)
    found = _of_product(holder, caller)
    return None if found is None else _answered(found, caller)


def _public(tx: Tx, caller: Caller, wanted: Search) -> Iterator[Document]:
    for id, document in public().items():
        hidden = wanted.scope != PUBLIC and named_models.find(tx, caller.tenant.id, id) is not None
        if not hidden and (wanted.keep is None or wanted.keep(document)):
            yield document


# --- changing ------------------------------------------------------------------------------------


def update(tx: Tx, caller: Caller, change: Change) -> str:
    """The id of the model, changed; that of a product where the id is a product's.

    Raises:
        NotFound: the organization has no such model, and none is public.
        Denied: it is public.
        Invalid: the model would not be a whole one.
    """
    own = named_models.find(tx, caller.tenant.id, change.model_id)
    if own is not None:
        named_models.put(tx, caller, change.model_id, _authored(_changed(_document(own), change)))
        return change.model_id
    if change.model_id in public():
        raise Denied("model:update", f"modelId {change.model_id}, which is public")
    product = _product(tx, caller, change.model_id)
    old = None if product is None else _of_product(product, caller)
    if old is None:
        raise NotFound("model", change.model_id)
    model = _authored(_changed(old, change))
    ref = handles.product_ref(caller.vault, change.model_id)
    registry.update(tx, caller, (ref, lambda was: Edit(replace(was.profile, model=model))))
    return change.model_id


def _changed(old: Document, change: Change) -> Document:
    new = _patched(old, change) if change.patch else dict(change.fields)
    if "modelIdPath" in old:
        new["modelIdPath"] = old["modelIdPath"]
    return new


def _patched(old: Document, change: Change) -> Document:
    """Features are patched one by one, all else is replaced. INFERRED: a null takes a feature away."""
    fields = change.fields
    new = {**old, **fields}
    for kind in wire.KINDS:
        given = fields.get(kind) or {}
        kept = {k: v for k, v in (old.get(kind) or {}).items() if k not in change.gone}
        if kind in fields or len(kept) != len(old.get(kind) or {}):
            new[kind] = {k: v for k, v in {**kept, **given}.items() if v is not None}
    return new


def import_models(tx: Tx, caller: Caller, documents: Iterable[Document]) -> tuple[str, ...]:
    """The ids of these models, which the caller's organization now has; known ones are replaced.

    Raises:
        Invalid: some are not whole models: nothing is kept. A path begins with the model's place.
        QuotaExceeded: the organization would have too many.
    """
    kept: dict[str, Authored] = {}
    broken: list[Violation] = []
    for place, document in enumerate(documents):
        try:
            model = _authored(_ownerless(document), wire.check)
            kept[document["modelId"]] = model
        except Invalid as fault:
            broken += [Violation((place, *v.path), v.kind, v.want, v.got) for v in fault.violations]
    if broken:
        raise Invalid(tuple(broken))
    for model_id, model in kept.items():
        named_models.put(tx, caller, model_id, model)
    limit = wire.PRIVATE_MODELS
    if caller.tenant.settings.quotas and tx.count(NamedModel, caller.tenant.id) > limit:
        raise QuotaExceeded("model", limit)
    return tuple(kept)


def _ownerless(document: Any) -> Any:
    """Whose a model was elsewhere says nothing here."""
    if not isinstance(document, dict):
        return document
    return {k: v for k, v in document.items() if k != "orgId"}


def _authored(document: Document, check: Callable[[bytes], None] = wire.check_declared) -> Authored:
    """The document as it is kept.

    Raises:
        Invalid: it is no whole model.
    """
    text = msgspec.json.encode(document)
    check(text)
    return Authored(DIALECT, msgspec.Raw(text))
