"""Devices as they are listed and shown, with what stands beside them; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.devices.registry import key_claim
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.lists import FEW, Labels, labelled, part_of
from entrepot.core.things.device import BEHIND, KEY, STATE, UNNAMED, Device, in_product, states
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space

V = TypeVar("V")
P = TypeVar("P", Product, Space)


_MANY_PRODUCTS = 10_000  # beyond that a list of their devices is filtered instead
_MANY_LABELS = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which devices: those that fulfil every condition that is set."""

    skip: int = 0
    limit: int = 50
    before: int | None = None  # only those with lower numbers; the total counts them all
    products: tuple[int, ...] | None = None  # of any of these
    space: int | None = None
    gateways: tuple[Device, ...] | None = None  # behind any of these
    among: tuple[Device, ...] | None = None  # no others than these
    keys: tuple[str, ...] | None = None  # called so by their maker
    states: tuple[str, ...] | None = None  # see `things.state`
    labels: tuple[Labels, ...] = ()  # of each: with any of them
    part: str | None = (
        None  # in one of their names, whatever its case; a key is one where there is none
    )
    test: Callable[[Device, Product], bool] | None = None


class ShownDevice(msgspec.Struct, frozen=True, gc=False):
    """A device with the things that its vendors show beside it."""

    device: Device
    product: Product
    space: Space
    gateway: tuple[Device, Product] | None = None


@dataclass(frozen=True, slots=True)
class Devices:
    """A part of a list, and how many devices the whole has."""

    total: int
    items: list[ShownDevice]


def shown(use: Callable[[Tx, Caller, V], Device]) -> Callable[[Tx, Caller, V], ShownDevice]:
    """The use case, with its device shown."""

    def run(tx: Tx, caller: Caller, value: V) -> ShownDevice:
        return show(tx, use(tx, caller, value))

    return run


def show(tx: Tx, device: Device) -> ShownDevice:
    """The device with its product, its space and, where it has one, its gateway."""
    (one,) = shown_all(tx, [device])
    return one


def shown_all(tx: Tx, devices: Iterable[Device]) -> list[ShownDevice]:
    """Each device with what is shown beside it; what several share is read once."""
    products: dict[int, Product] = {}
    spaces: dict[int, Space] = {}

    def of(device: Device) -> Product:
        if device.product not in products:
            products[device.product] = _there(tx, Product, device, device.product)
        return products[device.product]

    found = []
    for device in devices:
        product = of(device)
        if product.space not in spaces:
            spaces[product.space] = _there(tx, Space, device, product.space)
        above = None if device.gateway is None else tx.get(Device, device.tenant, device.gateway)
        gateway = None if above is None else (above, of(above))
        found.append(ShownDevice(device, product, spaces[product.space], gateway))
    return found


def _there(tx: Tx, kind: type[P], device: Device, id: int) -> P:
    found = tx.get(kind, device.tenant, id)
    if found is None:
        raise LookupError(f"device {device.id} is of {kind.__name__} {id}, which is not there")
    return found


def listed(tx: Tx, caller: Caller, wanted: Listing) -> Devices:
    """The part of the list, newest first. What an index answers, alone, costs the same however many there are."""
    tenant = caller.tenant
    bound = _bound(tx, tenant.id, wanted)
    if caller.dialect not in tenant.settings.own_products_only:
        found = _straight(tx, tenant.id, bound)
        if found is not None:
            return Devices(found[1], shown_all(tx, found[0]))
    part, total = part_of(_passing(tx, caller, bound), wanted.skip, wanted.limit, wanted.before)
    return Devices(total, shown_all(tx, part))


def by_state(tx: Tx, caller: Caller, product: int | None) -> dict[str, int]:
    """How many of the devices, of the product where one is named, are in each state."""
    tenant, found = caller.tenant, dict.fromkeys(states(), 0)
    if caller.dialect not in tenant.settings.own_products_only:
        name = STATE if product is None else in_product(product)
        counted = tx.counted(Device, tenant.id, [(name, state) for state in found])
        return {state: n for (_, state), n in counted.items()}
    products = None if product is None else (product,)
    for device in _passing(tx, caller, Listing(products=products)):
        found[device.labels[STATE]] += 1
    return found


def _bound(tx: Tx, tenant: int, wanted: Listing) -> Listing:
    """The same, its conditions said as labels and products as far as they can be."""
    products, labels, space = wanted.products, list(wanted.labels), wanted.space
    if space is not None:
        products, space = _in_space(tx, tenant, products, space)
    if wanted.gateways is not None:
        labels.append(tuple((BEHIND, str(gateway.id)) for gateway in wanted.gateways))
    among, keys = wanted.among, wanted.keys
    if keys is not None and among is None and products is not None and len(products) == 1:
        holders = (tx.holder(tenant, key_claim(products[0], key)) for key in keys)
        held = (tx.get(Device, tenant, id) for id in holders if id is not None)
        among = tuple(device for device in held if device is not None)
    elif keys is not None:
        labels.append(tuple((name, key) for key in keys for name in (KEY, UNNAMED)))
    if wanted.states is not None:
        names = [STATE] if products is None else [in_product(product) for product in products]
        if len(names) * len(wanted.states) <= _MANY_LABELS:
            labels.append(tuple((name, state) for name in names for state in wanted.states))
            products = None  # the labels say it
        else:
            labels.append(tuple((STATE, state) for state in wanted.states))
    return replace(
        wanted, products=products, space=space, gateways=None, among=among, keys=None, states=None,
        labels=tuple(labels),
    )  # fmt: skip


def _in_space(
    tx: Tx, tenant: int, products: tuple[int, ...] | None, space: int
) -> tuple[tuple[int, ...] | None, int | None]:
    """Those of the products that are in the space; and the space, where it has too many to name."""
    if products is not None:
        found = (tx.get(Product, tenant, id) for id in products)
        return tuple(p.id for p in found if p is not None and p.space == space), None
    there = tx.count(Product, tenant, parent=space)
    if there == tx.count(Product, tenant):
        return None, None
    if there > _MANY_PRODUCTS:
        return None, space
    return tuple(tx.ids(Product, tenant, parent=space, limit=there)), None


def _straight(tx: Tx, tenant: int, bound: Listing) -> tuple[list[Device], int] | None:
    """The page and the total as an index has them, if one does."""
    skip, limit, before = bound.skip, bound.limit, bound.before
    if bound.test is not None or bound.among is not None or bound.space is not None:
        return None
    if bound.part is not None and before is not None:
        return None
    conditions = len(bound.labels) + (bound.part is not None) + (bound.products is not None)
    if conditions > 1:
        return None
    if bound.labels:
        return tx.labelled(Device, tenant, bound.labels[0], before=before, skip=skip, limit=limit)
    if bound.part is not None:
        return tx.called(Device, tenant, bound.part, skip=skip, limit=limit)
    page = tx.page(Device, tenant, parent=bound.products, before=before, skip=skip, limit=limit)
    return page, _total(tx, tenant, bound.products)


def _total(tx: Tx, tenant: int, products: tuple[int, ...] | None) -> int:
    if products is None:
        return tx.count(Device, tenant)
    return sum(tx.counts(Device, tenant, products).values())


def _passing(tx: Tx, caller: Caller, bound: Listing) -> Iterator[Device]:
    products: dict[int, Product | None] = {}
    within = None if bound.products is None else set(bound.products)
    for device in _candidates(tx, caller.tenant.id, bound):
        if within is not None and device.product not in within:
            continue
        if not all(labelled(device, labels) for labels in bound.labels):
            continue
        if bound.part is not None and not _called(device, bound.part.casefold()):
            continue
        if device.product not in products:
            products[device.product] = tx.get(Product, device.tenant, device.product)
        product = products[device.product]
        if product is None or not registry.visible(caller, product):
            continue
        if bound.space in (None, product.space) and (
            bound.test is None or bound.test(device, product)
        ):
            yield device


def _called(device: Device, part: str) -> bool:
    names = (device.key if device.name is None else device.name, *device.names.values())
    return any(part in name.casefold() for name in names)


def _candidates(tx: Tx, tenant: int, bound: Listing) -> Iterable[Device]:
    """Every device that may pass, once, newest first: by the condition that fewest fulfil."""
    if bound.among is not None:
        return [d for _, d in sorted({d.id: d for d in bound.among}.items(), reverse=True)]
    sources: list[tuple[int, Labels | None]] = [
        (tx.labelled(Device, tenant, labels, limit=0)[1], labels) for labels in bound.labels
    ]
    if bound.products is not None:
        sources.append((_total(tx, tenant, bound.products), None))
    if not sources and bound.part is not None:
        found, total = tx.called(Device, tenant, bound.part, limit=FEW)
        if total <= FEW:
            return found
    _, fewest = min(sources, key=lambda source: source[0], default=(0, None))
    if fewest is None:
        return tx.scan(Device, tenant, parent=bound.products)
    return registry.labelled(tx, Device, tenant, fewest)
