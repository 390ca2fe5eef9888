"""The use cases of products that only EnOS has; no wire, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Any

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound
from entrepot.core.ports import Tx
from entrepot.core.products import named_models, registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.product import Draft, Product
from entrepot.vendors.enos.models import use_cases as thing_models

_FEW = 2048  # so many are taken at once: each look at the names reads all of them
UNKNOWN_MODEL_CODE = "enos.unknown_model_code"
# What NotFound is called for an unknown model in Create Product: the editions differ in its code.
MODEL_OF_PRODUCT, MODEL_OF_PRODUCT_2019 = "model of product", "model of product, 2019"


@dataclass(frozen=True, slots=True)
class Search:
    """Which products, in which part of the list: all that `keep` lets pass.

    `refs` and `labels` bind them where either is not None: to those named, and those that have any of
    the labels. `part` is in one of their names. `whole`: whatever is bound so passes `keep`.
    """

    call: Any
    skip: int
    limit: int
    keep: Callable[[Product], bool] | None = None
    refs: tuple[Ref, ...] | None = None
    labels: tuple[tuple[str, str | None], ...] | None = None
    part: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A page of products, how many there are in all, and what was asked."""

    wanted: Search
    products: list[Product]
    total: int


def create(tx: Tx, caller: Caller, draft: Draft) -> Product:
    """The product, kept.

    Raises:
        NotFound: the organization can see no such thing model.
        QuotaExceeded: see `registry.create`.
    """
    model = draft.profile.model_key or ""
    known = model in thing_models.public() or named_models.find(tx, caller.tenant.id, model)
    if not known:
        older = caller.tenant.settings.options.get(UNKNOWN_MODEL_CODE) == "11699"
        raise NotFound(MODEL_OF_PRODUCT_2019 if older else MODEL_OF_PRODUCT, model)
    return registry.create(tx, caller, draft)


def search(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """The page of products that was asked for, newest first, and the total."""
    keep, end = wanted.keep, wanted.skip + wanted.limit
    if caller.dialect not in caller.tenant.settings.own_products_only:
        found = _straight(tx, caller, wanted)
        if found is not None:
            return Found(wanted, *found)
    page, total = [], 0
    for product in _candidates(tx, caller, wanted):
        if registry.visible(caller, product) and (keep is None or keep(product)):
            if wanted.skip <= total < end:
                page.append(product)
            total += 1
    return Found(wanted, page, total)


def _straight(tx: Tx, caller: Caller, wanted: Search) -> tuple[list[Product], int] | None:
    """The page and the total as an index has them, if one does."""
    tenant, skip, limit = caller.tenant.id, wanted.skip, wanted.limit
    if wanted.keep is None:
        return tx.page(Product, tenant, skip=skip, limit=limit), tx.count(Product, tenant)
    if not wanted.whole or _named(tx, caller, wanted.refs or ()):
        return None
    if wanted.labels is not None:
        return tx.labelled(Product, tenant, wanted.labels, skip=skip, limit=limit)
    if wanted.part is not None:
        return tx.called(Product, tenant, wanted.part, skip=skip, limit=limit)
    return None


def _candidates(tx: Tx, caller: Caller, wanted: Search) -> Iterator[Product]:
    """Every product that may match, once, newest first, by an index where one helps."""
    tenant = caller.tenant.id
    if wanted.refs is not None or wanted.labels is not None:
        named = sorted(_named(tx, caller, wanted.refs or ()), key=lambda p: -p.id)
        labelled = registry.labelled(tx, Product, tenant, wanted.labels or ())
        yield from _once(merge(named, labelled, key=lambda p: -p.id))
    elif wanted.part is not None:
        yield from _called(tx, tenant, wanted.part)
    else:
        yield from tx.scan(Product, tenant)


def _once(products: Iterable[Product]) -> Iterator[Product]:
    last = 0
    for product in products:
        if product.id != last:
            yield product
        last = product.id


def _named(tx: Tx, caller: Caller, refs: tuple[Ref, ...]) -> list[Product]:
    found = {}
    for ref in refs:
        try:
            product = registry.get(tx, caller, ref)
        except NotFound:
            continue
        found[product.id] = product
    return list(found.values())


def _called(tx: Tx, tenant: int, part: str) -> Iterator[Product]:
    found, total = tx.called(Product, tenant, part, limit=_FEW)
    return iter(found) if total <= _FEW else tx.scan(Product, tenant)
