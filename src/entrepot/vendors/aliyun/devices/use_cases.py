"""What only this dialect does with devices: plain functions over a unit of work; knows no wire and no SQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec.structs import replace as change

from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.core.devices.lists import Listing, ShownDevice
from entrepot.core.devices.registry import DeviceRef
from entrepot.core.faults import QuotaExceeded
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Device, states

MOST_TAGS = 100  # of one device (SaveDeviceProp)


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """A page of devices, of one product where one is named."""

    listing: Listing
    product: Ref | None
    page: int = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of devices, how many there are in all, and whether more follow."""

    items: list[ShownDevice]
    total: int
    wanted: DeviceQuery
    more: bool


@dataclass(frozen=True, slots=True)
class Counting:
    """Which devices to count: those of a product where one is named, or none."""

    product: Ref | None
    none: bool = False


@dataclass(frozen=True, slots=True)
class Statistics:
    """How many devices there are, were active at some time, and are online."""

    devices: int = 0
    active: int = 0
    online: int = 0


def listed(tx: Tx, caller: Caller, wanted: DeviceQuery) -> Listed:
    """The page, newest first.

    Raises:
        NotFound: no such product.
    """
    listing = wanted.listing
    if wanted.product is not None:
        product = registry.get(tx, caller, wanted.product)
        listing = replace(listing, products=(product.id,))
    # One more than is wanted, to know whether more follow.
    found = device_lists.listed(tx, caller, replace(listing, limit=listing.limit + 1))
    items = found.items[: listing.limit]
    return Listed(items, found.total, wanted, len(found.items) > len(items))


def statistics(tx: Tx, caller: Caller, wanted: Counting) -> Statistics:
    """The numbers.

    Raises:
        NotFound: no such product.
    """
    of = None if wanted.product is None else registry.get(tx, caller, wanted.product).id
    found = Counter[str]() if wanted.none else Counter(device_lists.by_state(tx, caller, of))

    def number(among: tuple[str, ...]) -> int:
        return sum(found[state] for state in among)

    return Statistics(found.total(), number(states("online", "offline")), number(states("online")))


def several(tx: Tx, caller: Caller, refs: list[DeviceRef]) -> list[ShownDevice]:
    """Those of the devices that are there, each once, in this order."""
    found = {d.id: d for ref in refs if (d := devices.find(tx, caller, ref)) is not None}
    return device_lists.shown_all(tx, found.values())


def of_product(tx: Tx, caller: Caller, wanted: tuple[Ref, list[DeviceRef]]) -> list[ShownDevice]:
    """The same of one product's devices.

    Raises:
        NotFound: no such product.
    """
    product, refs = wanted
    registry.get(tx, caller, product)
    return several(tx, caller, refs)


def delete(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    """The device as it was; what connected through it stays, without a gateway (DeleteDevice, JobId).

    Raises:
        NotFound: no such device.
    """
    device = devices.get(tx, caller, ref)
    for child in list(devices.children(tx, device)):
        devices.changed(tx, caller, child, change(child, gateway=None))
    return devices.delete(tx, caller, ref)


def switch(disabled: bool) -> Callable[[Tx, Caller, DeviceRef], Device]:
    """The use case that switches a device off or on; one that is so already stays as it is."""

    def run(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
        device = devices.get(tx, caller, ref)
        if bool(device.disabled_at) == disabled:
            return device
        new = devices.set_disabled(caller, device, disabled)
        return devices.changed(tx, caller, device, new)

    return run


def rename(tx: Tx, caller: Caller, wanted: list[tuple[DeviceRef, str | None]]) -> None:
    """Nothing; each of the devices has its new name, or none.

    Raises:
        NotFound: one of them is not there; then none is renamed.
    """
    found = [(devices.get(tx, caller, ref), name) for ref, name in wanted]
    for device, name in found:
        if device.name != name:
            devices.changed(tx, caller, device, change(device, name=name))


def save_props(tx: Tx, caller: Caller, wanted: tuple[DeviceRef, dict[str, str]]) -> Device:
    """The device with these tags, beside or in place of those it has.

    Raises:
        NotFound: no such device.
        QuotaExceeded: it would have too many.
    """
    ref, tags = wanted
    device = devices.get(tx, caller, ref)
    new = {**device.tags, **tags}
    if len(new) > max(MOST_TAGS, len(device.tags)):
        raise QuotaExceeded("device tag", MOST_TAGS)
    return devices.changed(tx, caller, device, change(device, tags=new))


def drop_prop(tx: Tx, caller: Caller, wanted: tuple[DeviceRef, str]) -> Device:
    """The device without the tag; where it has none of this key it stays as it is.

    Raises:
        NotFound: no such device.
    """
    ref, key = wanted
    device = devices.get(tx, caller, ref)
    if key not in device.tags:
        return device
    tags = {k: v for k, v in device.tags.items() if k != key}
    return devices.changed(tx, caller, device, change(device, tags=tags))
