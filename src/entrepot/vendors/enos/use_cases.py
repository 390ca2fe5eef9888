"""The use cases of products that only EnOS has; no wire, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from entrepot.core import models, registry
from entrepot.core.faults import NotFound
from entrepot.core.identity import Caller
from entrepot.core.ports import Tx
from entrepot.core.product import Draft, Product
from entrepot.core.registry import Ref
from entrepot.vendors.enos import thing_models

_BLOCK = 256
_INDEX_PAYS = 2048  # above so many, the index costs more than reading everything once
UNKNOWN_MODEL_CODE = "enos.unknown_model_code"
# What NotFound is called for an unknown model in Create Product: the editions differ in its code.
MODEL_OF_PRODUCT, MODEL_OF_PRODUCT_2019 = "model of product", "model of product, 2019"


@dataclass(frozen=True, slots=True)
class Search:
    """Which products, in which part of the list; `refs` or `tags` bind them where not None.

    Without `keep`, every product so bound is meant.
    """

    call: Any
    skip: int
    limit: int
    keep: Callable[[Product], bool] | None = None
    refs: tuple[Ref, ...] | None = None
    tags: tuple[tuple[str, str | None], ...] | None = None


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
    known = model in thing_models.public() or models.find(tx, caller.tenant.id, model)
    if not known:
        older = caller.tenant.settings.options.get(UNKNOWN_MODEL_CODE) == "11699"
        raise NotFound(MODEL_OF_PRODUCT_2019 if older else MODEL_OF_PRODUCT, model)
    return registry.create(tx, caller, draft)


def search(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """The page of products that was asked for, newest first, and the total."""
    tenant = caller.tenant
    keep, end = wanted.keep, wanted.skip + wanted.limit
    if keep is None and caller.dialect not in tenant.settings.own_products_only:
        return _straight(tx, caller, wanted)
    page, total = [], 0
    for product in _candidates(tx, caller, wanted):
        if registry.visible(caller, product) and (keep is None or keep(product)):
            if wanted.skip <= total < end:
                page.append(product)
            total += 1
    return Found(wanted, page, total)


def _straight(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """The page as an index has it."""
    tenant, skip, limit = caller.tenant.id, wanted.skip, wanted.limit
    if wanted.tags is not None:
        tagged, total = tx.labelled(tenant, wanted.tags, skip=skip, limit=limit)
        return Found(wanted, tagged, total)
    products = tx.page(Product, tenant, skip=skip, limit=limit)
    return Found(wanted, products, tx.count(Product, tenant))


def _candidates(tx: Tx, caller: Caller, wanted: Search) -> Iterator[Product]:
    """Every product that may match, newest first, by an index where one helps."""
    if wanted.refs is not None:
        yield from sorted(_named(tx, caller, wanted.refs), key=lambda p: -p.id)
    elif wanted.tags is not None:
        yield from _tagged(tx, caller, wanted.tags)
    else:
        yield from tx.scan(Product, caller.tenant.id)


def _named(tx: Tx, caller: Caller, refs: tuple[Ref, ...]) -> list[Product]:
    found = {}
    for ref in refs:
        try:
            product = registry.get(tx, caller, ref)
        except NotFound:
            continue
        found[product.id] = product
    return list(found.values())


def _tagged(tx: Tx, caller: Caller, tags: tuple[tuple[str, str | None], ...]) -> Iterator[Product]:
    tenant = caller.tenant.id
    skip, total = 0, 1 if tags else 0
    while skip < total:
        block, total = tx.labelled(tenant, tags, skip=skip, limit=_BLOCK)
        if total > _INDEX_PAYS:
            yield from tx.scan(Product, tenant)
            return
        yield from block
        skip += _BLOCK
