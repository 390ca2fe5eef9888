"""What ROMA does with devices that no other dialect does the same way; knows neither wire nor SQL."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from msgspec.structs import replace as change

from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.core.devices.lists import Devices, Listing, ShownDevice
from entrepot.core.devices.registry import DeviceDraft, DeviceRef
from entrepot.core.faults import NotFound, Refused
from entrepot.core.ports import Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import CONNECTIONS, STATE, Connection, Device, in_product, states
from entrepot.core.things.product import GATEWAY, Product
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.products.use_cases import model_claim


@dataclass(frozen=True, slots=True)
class NewDevice:
    """A device to be. Where its product has no number, it is the one of this manufacturer and model."""

    draft: DeviceDraft
    made_by: tuple[str, str]
    app: str


@dataclass(frozen=True, slots=True)
class Attached:
    """Devices that are to connect through a gateway."""

    gateway: DeviceRef
    devices: list[DeviceRef]


@dataclass(frozen=True, slots=True)
class DeviceReset:
    """New credentials of a device; without any, a password is made."""

    ref: DeviceRef
    user_name: str | None
    password: str | None


Sort = Literal["direct", "gateway", "subdevice"]


@dataclass(frozen=True, slots=True)
class DeviceQuery:
    """Which devices to list, by what other things or several labels say as well."""

    listing: Listing
    connections: tuple[Connection, ...]
    sorts: tuple[Sort, ...]  # one of them, none or all
    product_name: str | None = None
    client: int | None = None  # the device that calls itself as was asked


def sort(device: Device, product: Product) -> Sort:
    """Whether it connects directly, is a gateway or connects through one."""
    if device.gateway is not None:
        return "subdevice"
    return "gateway" if product.profile.kind == "gateway" or device.children else "direct"


def create_device(tx: Tx, caller: Caller, new: NewDevice) -> Device:
    """The device, kept.

    Raises:
        NotFound: its application has no such product, or its gateway is not there.
        Refused: what it is to connect through is no gateway, or it is one itself.
        Taken, QuotaExceeded: as `devices.create`.
    """
    draft = replace(new.draft, product=_product(tx, caller, new))
    if draft.gateway is not None:
        product = registry.get(tx, caller, draft.product)
        _refuse_chain(tx, product, devices.get(tx, caller, draft.gateway), draft.key)
    return devices.create(tx, caller, draft)


def _product(tx: Tx, caller: Caller, new: NewDevice) -> Ref:
    ref = new.draft.product
    if ref.id is not None:
        return ref
    id = tx.holder(caller.tenant.id, model_claim(*new.made_by))
    return change(ref, text=" ".join(new.made_by), id=id)


def _refuse_chain(tx: Tx, product: Product, gateway: Device, handle: str) -> None:
    """Nothing, where a device of the product may connect through the gateway.

    Raises:
        Refused: the one is no gateway, or the other is one.
    """
    above = tx.get(Product, gateway.tenant, gateway.product)
    if above is None or above.profile.kind == "device" or gateway.gateway is not None:
        raise Refused("device", "not_a_gateway", gateway.key)
    if product.profile.kind == "gateway":
        raise Refused("device", "not_direct", handle)


def add_subsets(tx: Tx, caller: Caller, wanted: Attached) -> list[ShownDevice]:
    """The devices, each with its new gateway; one that is its already stays as it is.

    Raises:
        NotFound: one of them is not there.
        Refused: they cannot connect through that device.
    """
    made = []
    for ref in wanted.devices:
        gateway = devices.get(tx, caller, wanted.gateway)
        device = devices.get(tx, caller, ref)
        product = tx.get(Product, device.tenant, device.product)
        if product is None:
            raise NotFound("product", str(device.product))
        _refuse_chain(tx, product, gateway, ref.text)
        if device.connection == "online":
            raise Refused("device", "online_subset", ref.text)
        if device.gateway not in (None, gateway.id) or device.children:
            raise Refused("device", "not_direct", ref.text)
        if device.gateway is None:
            device = devices.changed(tx, caller, device, change(device, gateway=gateway.id))
        made.append(device)
    return device_lists.shown_all(tx, made)


def list_devices(tx: Tx, caller: Caller, query: DeviceQuery) -> Devices:
    """The devices that are wanted, newest first."""
    listing, tenant = query.listing, caller.tenant.id
    if query.client is not None:
        device = tx.get(Device, tenant, query.client)
        listing = replace(listing, among=() if device is None else (device,))
    if query.product_name is not None:
        named = {product.id for product in registry.named(tx, tenant, query.product_name)}
        products = named if listing.products is None else named.intersection(listing.products)
        listing = replace(listing, products=tuple(products))
    return device_lists.listed(tx, caller, _sorted(tx, tenant, listing, query))


def _sorted(tx: Tx, tenant: int, listing: Listing, query: DeviceQuery) -> Listing:
    """The listing of those of a sort and with a connection."""
    connections = query.connections
    match query.sorts:
        case ():
            return replace(listing, among=())
        case ("subdevice",):
            return replace(listing, states=states(*connections, behind=True))
        case ("gateway",):
            above = states(*connections, behind=False, above=True)
            labels = [(STATE, state) for state in above]
            for product in registry.labelled(tx, Product, tenant, [(GATEWAY, "")]):
                own = states(*connections, behind=False)
                labels += [(in_product(product.id), state) for state in own]
            return replace(listing, labels=(*listing.labels, tuple(labels)))
        case ("direct",):
            direct = replace(listing, states=states(*connections, behind=False, above=False))
            if not tx.labelled(Product, tenant, [(GATEWAY, "")], limit=0)[1]:
                return direct
            test = listing.test

            def is_direct(device: Device, product: Product) -> bool:
                passes = test is None or test(device, product)
                return passes and sort(device, product) == "direct"

            return replace(direct, test=is_direct)
        case _:
            every = len(connections) == len(CONNECTIONS)
            return listing if every else replace(listing, states=states(*connections))


def count_devices(tx: Tx, caller: Caller) -> Counter[tuple[Sort, Connection]]:
    """How many devices there are of each sort and with each connection."""
    every, found = device_lists.by_state(tx, caller, None), Counter[tuple[Sort, Connection]]()
    of_gateways = Counter[str]()
    for product in registry.labelled(tx, Product, caller.tenant.id, [(GATEWAY, "")]):
        of_gateways.update(device_lists.by_state(tx, caller, product.id))
    for connection in CONNECTIONS:
        for state in states(connection, behind=True):
            found["subdevice", connection] += every[state]
        for state in states(connection, behind=False, above=True):
            found["gateway", connection] += every[state]
        for state in states(connection, behind=False, above=False):
            found["gateway", connection] += of_gateways[state]
            found["direct", connection] += every[state] - of_gateways[state]
    return found


def list_subsets(tx: Tx, caller: Caller, wanted: tuple[DeviceRef, Listing]) -> Devices:
    """A part of the devices that connect through a gateway.

    Raises:
        NotFound: no such device.
    """
    ref, listing = wanted
    gateway = devices.get(tx, caller, ref)
    return device_lists.listed(tx, caller, replace(listing, gateways=(gateway,)))


def delete_device(tx: Tx, caller: Caller, ref: DeviceRef) -> Device:
    """The device as it was.

    Raises:
        NotFound: no such device.
        Refused: it is online.
        InUse: it has subdevices.
    """
    if devices.get(tx, caller, ref).connection == "online":
        raise Refused("device", "online", ref.text)
    return devices.delete(tx, caller, ref)


def delete_devices(tx: Tx, caller: Caller, refs: list[DeviceRef]) -> None:
    """Nothing; all of them are gone, gateways last.

    Raises:
        NotFound, Refused, InUse: as `delete_device`; then none is gone.
    """
    found = [(devices.get(tx, caller, ref).gateway is None, ref) for ref in refs]
    for _, ref in sorted(found, key=lambda pair: pair[0]):
        delete_device(tx, caller, ref)


def reset_device(tx: Tx, caller: Caller, reset: DeviceReset) -> Device:
    """The device with its new credentials, sealed.

    Raises:
        NotFound: no such device.
    """
    secret = reset.password
    if reset.user_name is None and secret is None:
        secret = handles.new_secret()

    def edit(old: Device) -> Device:
        return devices.set_secret(caller, old, secret, reset.user_name)

    return devices.update(tx, caller, (reset.ref, edit))
