"""The use cases of products that only EnOS has; no wire, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from typing import Any

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound
from entrepot.core.ports import Tx
from entrepot.core.products import lists, registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.product import Draft, Product
from entrepot.vendors.enos.common import (
    MODEL_OF_PRODUCT,
    MODEL_OF_PRODUCT_2019,
    UNKNOWN_MODEL_CODE,
)
from entrepot.vendors.enos.models import use_cases as thing_models


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
    if not thing_models.is_usable(tx, caller, model):
        older = caller.tenant.settings.options.get(UNKNOWN_MODEL_CODE) == "11699"
        raise NotFound(MODEL_OF_PRODUCT_2019 if older else MODEL_OF_PRODUCT, model)
    return registry.create(tx, caller, draft)


def search(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """The page of products that was asked for, newest first, and the total."""
    labels, part, among = wanted.labels, wanted.part, None
    if wanted.refs is not None or labels is not None:
        part = None
        named = _named(tx, caller, wanted.refs or ())
        if named or labels is None:
            among = _with_labels(tx, caller, named, labels or ())
            labels = None
    sure = wanted.whole and among is None
    listing = lists.Listing(
        skip=wanted.skip,
        limit=wanted.limit,
        labels=labels,
        part=part,
        among=among,
        test=None if sure else wanted.keep,
    )
    found = lists.listed(tx, caller, listing)
    return Found(wanted, found.items, found.total)


def _with_labels(
    tx: Tx, caller: Caller, named: list[Product], labels: lists.Labels
) -> Iterator[Product]:
    """Those named and those that have any of the labels, each once, newest first."""
    labelled = registry.labelled(tx, Product, caller.tenant.id, labels)
    newest_first = sorted(named, key=lambda p: -p.id)
    return _once(merge(newest_first, labelled, key=lambda p: -p.id))


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
