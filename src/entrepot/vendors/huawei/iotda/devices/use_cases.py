"""What IoTDA does with devices that no other dialect does the same way; knows neither wire nor SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec.structs import replace as change

from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.core.devices.lists import Devices, Listing, ShownDevice
from entrepot.core.devices.registry import DeviceDraft, DeviceRef
from entrepot.core.faults import NotFound, QuotaExceeded, Refused, Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.vendors.huawei.iotda import handles
from entrepot.vendors.huawei.iotda.products.use_cases import ProductRef, product_ref
from entrepot.vendors.huawei.iotda.spaces.use_cases import SpaceRef, space_of


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device to be; without a chosen `id` it is called by its product and node."""

    draft: DeviceDraft
    product: ProductRef
    id: str | None


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """Which devices to list, by what they belong to; `cascade`: of all levels below the gateway."""

    listing: Listing
    product: ProductRef | None = None
    gateway: DeviceRef | None = None
    cascade: bool = False
    space: SpaceRef | None = None


@dataclass(frozen=True, slots=True)
class SecretChange:
    """A secret to be, and whether it is the spare one."""

    ref: DeviceRef
    secret: str
    slot: str


def create_device(tx: Tx, caller: Caller, new: NewDevice) -> Device:
    """The device, kept.

    Raises:
        NotFound: no such space, product or gateway.
        Refused: its gateway may have no sub-devices, or is a sub-device of a sub-device already.
        Taken: the id is another device's, or the product has such a node.
    """
    ref = product_ref(tx, caller, new.product)
    product = registry.get(tx, caller, ref)
    id = new.id or handles.default_device_id(caller.vault, product, new.draft.key)
    taken = devices.find(tx, caller, handles.device_ref(caller.vault, id))
    if taken is not None:  # a claim holds only the ids of devices that were made here
        raise Taken(handles.DEVICE_RULE, id, taken.id)
    if new.draft.gateway is not None:
        _refuse_gateway(tx, caller, devices.get(tx, caller, new.draft.gateway))
    return devices.create(tx, caller, replace(new.draft, product=ref, alias=id))


def _refuse_gateway(tx: Tx, caller: Caller, gateway: Device) -> None:
    """Checks that the gateway may have sub-devices.

    Raises:
        Refused: its product's maker said that its devices have none; or they would be a third level.
    """
    product = tx.get(Product, gateway.tenant, gateway.product)
    # Products that were made here by earlier releases are kept as those of devices, though nobody said so.
    if product and product.profile.kind == "device" and product.origin != handles.DIALECT:
        raise Refused("device", "not_a_gateway", gateway.key)
    above = gateway.gateway and tx.get(Device, gateway.tenant, gateway.gateway)
    if above and above.gateway is not None:
        raise Refused("device", "too_deep", gateway.key)


def change_gateway(tx: Tx, caller: Caller, wanted: tuple[DeviceRef, DeviceRef]) -> Device:
    """The sub-device with another gateway.

    Raises:
        NotFound: one of them is not there.
        Refused: as the SDK says of it: the device connects directly, or has sub-devices; the gateway
            is the one that it has, or of another space, or may have no sub-devices.
    """
    ref, gateway_ref = wanted
    device, gateway = devices.get(tx, caller, ref), devices.get(tx, caller, gateway_ref)
    if device.gateway is None:
        raise Refused("device", "direct", ref.text)
    if device.children:
        raise Refused("device", "has_subdevices", ref.text)
    if gateway.id in (device.gateway, device.id) or _space(tx, gateway) != _space(tx, device):
        raise Refused("device", "no_other_gateway", gateway_ref.text)
    _refuse_gateway(tx, caller, gateway)
    return devices.changed(tx, caller, device, change(device, gateway=gateway.id))


def _space(tx: Tx, device: Device) -> int | None:
    product = tx.get(Product, device.tenant, device.product)
    return None if product is None else product.space


def list_devices(tx: Tx, caller: Caller, query: DeviceQuery) -> Devices:
    """Devices, newest first; none where the product or the gateway is not there.

    Raises:
        NotFound: no such space.
    """
    listing = query.listing
    if query.space is not None:
        listing = replace(listing, space=space_of(tx, caller, query.space))
    if query.product is not None:
        try:
            product = registry.get(tx, caller, product_ref(tx, caller, query.product))
        except NotFound as fault:
            if fault.kind != "product":
                raise
            return Devices(0, [])
        listing = replace(listing, products=(product.id,))
    if query.gateway is not None:
        gateway = devices.find(tx, caller, query.gateway)
        if gateway is None:
            return Devices(0, [])
        below = devices.hubs(tx, gateway) if query.cascade else ()
        listing = replace(listing, gateways=(gateway, *below))
    return device_lists.listed(tx, caller, listing)


def freeze(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    """Freezes the device.

    Raises:
        NotFound: no such device.
        Refused: it is a sub-device, or frozen already.
    """
    device = devices.get(tx, caller, ref)
    if device.gateway is not None:
        raise Refused("device", "subdevice", ref.text)
    if device.disabled_at:
        raise Refused("device", "frozen", ref.text)
    return devices.changed(tx, caller, device, devices.set_disabled(caller, device, True))


def unfreeze(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    """The device as it was before it was frozen.

    Raises:
        NotFound: no such device.
        Refused: it is not frozen.
    """
    device = devices.get(tx, caller, ref)
    if not device.disabled_at:
        raise Refused("device", "not_frozen", ref.text)
    return devices.changed(tx, caller, device, devices.set_disabled(caller, device, False))


@dataclass(frozen=True, slots=True)
class Reset:
    """A device with its new secret, and which of the two that is."""

    shown: ShownDevice
    secret: str
    slot: str


def reset_secret(tx: Tx, caller: Caller, wanted: SecretChange) -> Reset:
    """The device with its new secret, sealed.

    Raises:
        NotFound: no such device.
    """
    secret, slot = wanted.secret, wanted.slot
    device = devices.update(
        tx, caller, (wanted.ref, lambda old: devices.set_secret(caller, old, secret, slot=slot))
    )
    return Reset(device_lists.show(tx, device), secret, slot)


def reset_fingerprint(
    tx: Tx, caller: Caller, wanted: tuple[DeviceRef, Callable[[Device], Device], str]
) -> tuple[ShownDevice, str]:
    """The device after the change, and what was passed along.

    Raises:
        NotFound: no such device.
    """
    ref, edit, which = wanted
    return device_lists.show(tx, devices.update(tx, caller, (ref, edit))), which


Tags = dict[str, str]


def tag(tx: Tx, caller: Caller, wanted: tuple[DeviceRef, Callable[[Tags], Tags], int]) -> Device:
    """The device with other tags, at most so many.

    Raises:
        NotFound: no such device, or a tag that is to go is not there.
        QuotaExceeded: they would be too many.
    """
    ref, edit, most = wanted
    device = devices.get(tx, caller, ref)
    tags = edit(device.tags)
    if len(tags) > max(most, len(device.tags)):  # another dialect may have set more
        raise QuotaExceeded("tag", most)
    return devices.changed(tx, caller, device, change(device, tags=tags))


def without(tags: Tags, keys: list[str]) -> Tags:
    """The tags but these.

    Raises:
        NotFound: one of them is not there.
    """
    for key in keys:
        if key not in tags:
            raise NotFound("tag", key)
    return {k: v for k, v in tags.items() if k not in keys}
