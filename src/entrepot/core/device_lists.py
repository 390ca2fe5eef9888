"""Devices as they are listed and shown, with what stands beside them; changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from entrepot.core import registry
from entrepot.core.devices import children, key_claim
from entrepot.core.identity import Caller
from entrepot.core.ports import Tx
from entrepot.core.product import Product
from entrepot.core.things import Device, Space

V = TypeVar("V")
P = TypeVar("P", Product, Space)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Which devices: those of a product, a space or behind any of some gateways, that pass the test."""

    skip: int = 0
    limit: int = 50
    before: int | None = None  # only those with lower numbers; the total counts them all
    product: int | None = None
    key: str | None = None
    among: tuple[Device, ...] | None = None  # no others than these
    gateways: tuple[Device, ...] | None = None
    space: int | None = None
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
    """The part of the list, newest first. Without a filter but the product its cost does not grow."""
    tenant = caller.tenant
    plain = wanted.test is None and wanted.space is None and wanted.gateways is None
    plain = plain and wanted.among is None
    if plain and wanted.key is None and caller.dialect not in tenant.settings.own_products_only:
        total = tx.count(Device, tenant.id, parent=wanted.product)
        page = tx.page(
            Device,
            tenant.id,
            parent=wanted.product,
            before=wanted.before,
            skip=wanted.skip,
            limit=wanted.limit,
        )
        return Devices(total, shown_all(tx, page))
    total, behind, kept = 0, 0, []
    for device in _passing(tx, caller, wanted):
        total += 1
        if wanted.before is None or device.id < wanted.before:
            if wanted.skip <= behind < wanted.skip + wanted.limit:
                kept.append(device)
            behind += 1
    return Devices(total, shown_all(tx, kept))


def _passing(tx: Tx, caller: Caller, wanted: Listing) -> Iterator[Device]:
    products: dict[int, Product | None] = {}
    gateways = {gateway.id for gateway in wanted.gateways or ()}
    for device in _candidates(tx, caller.tenant.id, wanted):
        if wanted.key not in (None, device.key) or wanted.product not in (None, device.product):
            continue
        if wanted.gateways is not None and device.gateway not in gateways:
            continue
        if device.product not in products:
            products[device.product] = tx.get(Product, device.tenant, device.product)
        product = products[device.product]
        if product is None or not registry.visible(caller, product):
            continue
        if wanted.space in (None, product.space) and (
            wanted.test is None or wanted.test(device, product)
        ):
            yield device


def _candidates(tx: Tx, tenant: int, wanted: Listing) -> Iterable[Device]:
    if wanted.among is not None:
        return [d for _, d in sorted({d.id: d for d in wanted.among}.items(), reverse=True)]
    if wanted.product is not None and wanted.key is not None:
        holder = tx.holder(tenant, key_claim(wanted.product, wanted.key))
        device = None if holder is None else tx.get(Device, tenant, holder)
        return [] if device is None else [device]
    if wanted.gateways is not None:
        return children(tx, *wanted.gateways)
    return tx.scan(Device, tenant, parent=wanted.product)
