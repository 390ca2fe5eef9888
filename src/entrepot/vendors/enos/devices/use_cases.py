"""The use cases of devices that only EnOS has; no wire, no SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from msgspec.structs import replace as change

from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.core.devices.lists import Devices, Listing, ShownDevice
from entrepot.core.devices.registry import DeviceRef
from entrepot.core.faults import NotFound, Refused, Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Device
from entrepot.core.things.product import MODEL, Kind, Product
from entrepot.vendors.enos import handles


@dataclass(frozen=True, slots=True)
class Search:
    """Which devices, in which part of the list; those of a gateway where one is named."""

    call: Any
    listing: Listing
    refs: tuple[DeviceRef, ...] | None = None  # only these
    products: tuple[Ref, ...] | None = None  # of any of these
    models: tuple[str, ...] | None = None  # of products with any of these
    gateway: DeviceRef | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of devices, and what was asked."""

    wanted: Search
    devices: Devices


@dataclass(frozen=True, slots=True)
class SubDevices:
    """A gateway, and devices that are to connect through it or no longer to."""

    gateway: DeviceRef
    devices: list[DeviceRef]


def search(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """The page of devices that was asked for, newest first, and the total.

    Raises:
        NotFound: no such gateway.
        Refused: it is none.
    """
    listing = wanted.listing
    if wanted.gateway is not None:
        listing = replace(listing, gateways=(_gateway(tx, caller, wanted.gateway),))
    if wanted.refs is not None:
        found = (devices.find(tx, caller, ref) for ref in wanted.refs)
        listing = replace(listing, among=tuple(d for d in found if d is not None))
    if wanted.products is not None:
        listing = _within(listing, _named(tx, caller, wanted.products))
    if wanted.models is not None:
        listing = _within(listing, _with_models(tx, caller, wanted.models))
    return Found(wanted, device_lists.listed(tx, caller, listing))


def _within(listing: Listing, products: Iterable[Product]) -> Listing:
    found = {product.id for product in products}
    kept = found if listing.products is None else found.intersection(listing.products)
    return replace(listing, products=tuple(kept))


def _named(tx: Tx, caller: Caller, refs: Iterable[Ref]) -> Iterator[Product]:
    for ref in refs:
        try:
            yield registry.get(tx, caller, ref)
        except NotFound:
            continue


def _with_models(tx: Tx, caller: Caller, models: tuple[str, ...]) -> Iterator[Product]:
    yield from registry.labelled(tx, Product, caller.tenant.id, [(MODEL, key) for key in models])
    own = _named(tx, caller, (handles.product_ref(caller.vault, key) for key in models))
    for product in own:
        if handles.model_id(caller.vault, product) in models:
            yield product


def switch(disabled: bool) -> Callable[[Tx, Caller, DeviceRef], Device]:
    """The use case that switches a device off or on.

    Raises:
        NotFound: no such device.
        Refused: it is so already.
    """

    def run(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
        device = devices.get(tx, caller, ref)
        if bool(device.disabled_at) == disabled:
            raise Refused("device", "disabled" if disabled else "enabled", ref.text)
        return devices.changed(tx, caller, device, devices.set_disabled(caller, device, disabled))

    return run


def replace_device(tx: Tx, caller: Caller, wanted: tuple[DeviceRef, str, str]) -> Device:
    """The device under another key, with another secret, as if it had never connected.

    Raises:
        NotFound: no such device.
        Refused: the key is the one that it has.
        Taken: another device of the product has the key.
    """
    ref, key, secret = wanted
    old = devices.get(tx, caller, ref)
    if key == old.key:
        raise Refused("device", "same_key", key)
    claim = devices.key_claim(old.product, key)
    if (holder := tx.holder(old.tenant, claim)) is not None:
        raise Taken(claim.rule, key, holder)
    mine = devices.key_claim(old.product, old.key)
    new = change(
        devices.set_secret(caller, old, secret),
        key=key,
        claims=tuple(claim if c == mine else c for c in old.claims),
        connection="inactive",
        active_at=0,
        online_at=0,
        offline_at=0,
    )
    return devices.changed(tx, caller, old, new)


def stats(tx: Tx, caller: Caller, product: Ref | None) -> Counter[str]:
    """How many devices there are in each state.

    Raises:
        NotFound: no such product.
    """
    of = None if product is None else registry.get(tx, caller, product).id
    return Counter(device_lists.by_state(tx, caller, of))


def add_sub_devices(tx: Tx, caller: Caller, wanted: SubDevices) -> None:
    """Nothing; the devices connect through the gateway. One that does already stays as it is.

    Raises:
        NotFound: one of them is not there; then none is added.
        Refused: the one is no gateway, or another is one, or has another.
    """
    gateway = _gateway(tx, caller, wanted.gateway)
    for ref in wanted.devices:
        device = devices.get(tx, caller, ref)
        if device.gateway == gateway.id:
            continue
        if device.gateway is not None or _kind(tx, device) == "gateway":
            raise Refused("device", "no_sub_device", ref.text)
        devices.changed(tx, caller, device, change(device, gateway=gateway.id))


def remove_sub_devices(tx: Tx, caller: Caller, wanted: SubDevices) -> None:
    """Nothing; the devices connect through the gateway no longer.

    Raises:
        NotFound: one of them is not there; then none is removed.
        Refused: the one is no gateway, or another is not behind it.
    """
    gateway = _gateway(tx, caller, wanted.gateway)
    for ref in wanted.devices:
        device = devices.get(tx, caller, ref)
        if device.gateway != gateway.id:
            raise Refused("device", "not_behind", ref.text)
        devices.changed(tx, caller, device, change(device, gateway=None))


def gateway_of(tx: Tx, caller: Caller, ref: DeviceRef) -> ShownDevice:
    """The gateway of the device.

    Raises:
        NotFound: no such device, or it has none.
    """
    device = devices.get(tx, caller, ref)
    found = None if device.gateway is None else tx.get(Device, device.tenant, device.gateway)
    if found is None:
        raise NotFound("device", ref.text)
    return device_lists.show(tx, found)


def _gateway(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    device = devices.get(tx, caller, ref)
    if _kind(tx, device) == "device" and not device.children:
        raise Refused("device", "not_a_gateway", ref.text)
    return device


def _kind(tx: Tx, device: Device) -> Kind | None:
    product = tx.get(Product, device.tenant, device.product)
    return "device" if product is None else product.profile.kind
