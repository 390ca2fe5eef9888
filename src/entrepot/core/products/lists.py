"""Products as they are listed: a part of the list, and how many the whole has. Changes nothing.

Example: "the second ten of those that have the tag `site`" is answered by the index of labels, which knows the
page and the total. "Those of Tuesday" is not: every product is looked at, the ten are kept and all are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from entrepot.core.caller import Caller
from entrepot.core.ports import T, Tx
from entrepot.core.products import registry
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product

Labels = tuple[tuple[str, str | None], ...]
FEW = 2048  # found by part of a name: so many are taken at once, since each look reads all names


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which products: those that fulfil every condition that is set."""

    skip: int = 0
    limit: int = 50
    before: int | None = None  # only those with lower numbers; the total counts them all
    space: int | None = None
    labels: Labels | None = None  # with any of them; a value of None is any value
    part: str | None = None  # of one of their names; large and small letters are the same
    among: Iterable[Product] | None = None  # no others than these, each once, in this order
    test: Callable[[Product], bool] | None = None


@dataclass(frozen=True, slots=True)
class Products:
    """A part of a list, and how many products the whole has."""

    items: list[Product]
    total: int


def listed(tx: Tx, caller: Caller, wanted: Listing) -> Products:
    """Returns the part of the list, newest first; without what a setting of the tenant hides from the dialect.

    What an index answers alone costs the same however many there are.
    """
    if caller.dialect not in caller.tenant.settings.own_products_only:
        found = _straight(tx, caller.tenant.id, wanted)
        if found is not None:
            return Products(*found)
    passing = _passing(tx, caller, wanted)
    return Products(*part_of(passing, wanted.skip, wanted.limit, wanted.before))


def part_of(
    things: Iterable[T], skip: int, limit: int, before: int | None = None
) -> tuple[list[T], int]:
    """Returns a part of the things and how many there are, for lists whose total no index knows.

    `before`: the part holds only things with lower numbers.
    """
    total, reached, part = 0, 0, list[T]()
    for thing in things:
        total += 1
        if before is None or thing.id < before:
            if skip <= reached < skip + limit:
                part.append(thing)
            reached += 1
    return part, total


def _straight(tx: Tx, tenant: int, wanted: Listing) -> tuple[list[Product], int] | None:
    """The page and the total as an index has them, if one does."""
    limit, before = wanted.limit, wanted.before
    labels, part, space = wanted.labels, wanted.part, wanted.space
    if wanted.test is not None or wanted.among is not None:
        return None
    if (labels is not None) + (part is not None) + (space is not None) > 1:
        return None
    # Callers choose it freely, and no database takes every number.
    skip = min(wanted.skip, tx.count(Product, tenant))
    if labels is not None:
        return tx.labelled(Product, tenant, labels, before=before, skip=skip, limit=limit)
    if part is not None:
        whole = before is None
        return tx.called(Product, tenant, part, skip=skip, limit=limit) if whole else None
    page = tx.page(Product, tenant, parent=space, before=before, skip=skip, limit=limit)
    return page, tx.count(Product, tenant, parent=space)


def _passing(tx: Tx, caller: Caller, wanted: Listing) -> Iterator[Product]:
    part = None if wanted.part is None else wanted.part.casefold()
    for product in _candidates(tx, caller.tenant.id, wanted):
        if wanted.space not in (None, product.space) or not registry.visible(caller, product):
            continue
        if part is not None and not _called(product, part):
            continue
        if wanted.labels is not None and not labelled(product, wanted.labels):
            continue
        if wanted.test is None or wanted.test(product):
            yield product


def labelled(thing: Product | Device, labels: Labels) -> bool:
    """Returns whether the thing has any of the labels."""
    has = thing.labels
    return any(name in has and value in (None, has[name]) for name, value in labels)


def _called(product: Product, part: str) -> bool:
    profile = product.profile
    return any(part in name.casefold() for name in (profile.name, *profile.names.values()))


def _candidates(tx: Tx, tenant: int, wanted: Listing) -> Iterable[Product]:
    """Every product that may pass, once, by an index where one helps."""
    if wanted.among is not None:
        return wanted.among
    if wanted.labels is not None:
        return registry.labelled(tx, Product, tenant, wanted.labels)
    if wanted.part is not None:
        found, total = tx.called(Product, tenant, wanted.part, limit=FEW)
        if total <= FEW:
            return found
    return tx.scan(Product, tenant, parent=wanted.space)
