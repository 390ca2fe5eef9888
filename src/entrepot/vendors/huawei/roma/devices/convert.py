"""Devices between ROMA's words and the canonical ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec.structs import replace

from entrepot.core.caller import Caller, allows
from entrepot.core.devices.lists import Devices, Listing, ShownDevice
from entrepot.core.devices.registry import DeviceDraft, DeviceRef, chosen_secret, set_disabled
from entrepot.core.products.lists import Labels
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import UNNAMED, Connection, Device, states
from entrepot.core.things.product import NAME, Product
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma import auth, handles
from entrepot.vendors.huawei.roma.common import Authentication
from entrepot.vendors.huawei.roma.devices import wire
from entrepot.vendors.huawei.roma.devices.use_cases import (
    Attached,
    DeviceQuery,
    DeviceReset,
    NewDevice,
    Sort,
    sort,
)
from entrepot.vendors.huawei.roma.paging import part
from entrepot.vendors.huawei.roma.people import MASK, user
from entrepot.vendors.huawei.roma.products.convert import KIND_CODES, protocol, space_filter

DEVICE_QUOTA = 1000  # source: documented (usage limits)
PERMISSIONS = {
    "read": "device:read",
    "access": "credential:read",
    "delete": "device:delete",
    "modify": "device:update",
}
CONNECTIONS: dict[Connection, int] = {"inactive": 0, "online": 1, "offline": 2}
Test = Callable[[Device, Product], bool]
SORTS: tuple[Sort, ...] = ("direct", "gateway", "subdevice")
_CODES = {sort: code for code, sort in enumerate(SORTS)}
_PLUGINS = {"modbus": 1, "opc-ua": 2}

DEVICE_LOSSES = {
    "name": "none is shown as the node_id",
    "names": "translations are not shown",
    "tags": "shown as `key=value`, a tag without a value as its key",
    "extras": "another dialect's own fields are not shown",
}


def draft(call: Call, caller: Caller) -> NewDevice:
    """CreateDevice as a draft, and the names of its product where it gives no number."""
    body: wire.CreateDevice = call.body
    product = body.product
    space = handles.APPS.space_of(caller.vault, caller.tenant, body.app_id)
    id = product.product_id
    return NewDevice(
        DeviceDraft(
            product=Ref("" if id is None else str(id), id, space=0 if space is None else space),
            key=body.node_id,
            name=body.device_name,
            description=body.description,
            disabled=body.status == 1,
            gateway=None if body.parent_device_id is None else named(body.parent_device_id),
            tags=dict.fromkeys(body.tags or (), ""),
            secret=body.password or None,
            secret_name=body.user_name or None,
            quota=DEVICE_QUOTA,
        ),
        made_by=(product.manufacturer_id or "", product.model or ""),
        app=body.app_id,
    )


def named(id: int) -> DeviceRef:
    """The device of this id: ROMA shows its number."""
    return DeviceRef(str(id), id)


def ref(call: Call, caller: Caller) -> DeviceRef:
    """The device that the path names."""
    return named(call.params.device_id)


def changed(call: Call, caller: Caller) -> tuple[DeviceRef, Callable[[Device], Device]]:
    """UpdateDevice as a device and its change."""
    body: wire.UpdateDevice = call.body

    def edit(old: Device) -> Device:
        new = replace(
            old,
            name=body.device_name,
            description=old.description if body.description is None else body.description,
            tags=old.tags if body.tags is None else _tags(old, body.tags),
        )
        return set_disabled(caller, new, body.status == 1)

    return ref(call, caller), edit


def _tags(old: Device, texts: Iterable[str]) -> dict[str, str]:
    """The tags that are shown so; one that is sent back as it was shown stays what it was."""
    shown = {_tag(key, value): (key, value) for key, value in old.tags.items()}
    return dict(shown.get(text, (text, "")) for text in texts)


def _tag_texts(device: Device) -> list[str]:
    return [_tag(key, value) for key, value in device.tags.items()]


def _tag(key: str, value: str) -> str:
    return f"{key}={value}" if value else key


def query(call: Call, caller: Caller) -> DeviceQuery:
    """ListDevices as what is wanted. INFERRED: every filter matches whole values; an empty one, all."""
    p: wire.ListDevices = call.params
    tests: list[Test] = []
    start, end = p.created_date_start, p.created_date_end
    if start is not None:
        tests.append(lambda d, product: d.created_at >= start)
    if end is not None:
        tests.append(lambda d, product: d.created_at <= end)
    skip, limit = part(p)
    codes = {int(code) for code in p.online_status.split(",")} if p.online_status else set()
    listing = Listing(
        skip=skip,
        limit=limit,
        products=None if p.product_id is None else (p.product_id,),
        keys=(p.node_id,) if p.node_id else None,
        space=space_filter(p.app_id, caller),
        labels=(*_called(p.device_name), *_tagged(p.tag)),
        test=(lambda d, product: all(t(d, product) for t in tests)) if tests else None,
    )
    return DeviceQuery(
        listing,
        connections=tuple(c for c, code in CONNECTIONS.items() if not codes or code in codes),
        sorts=tuple(s for s, code in _CODES.items() if p.node_type in (None, code)),
        product_name=p.product_name or None,
        client=handles.device_of(caller.vault, p.client_id) if p.client_id else None,
    )


def _called(name: str | None) -> tuple[Labels, ...]:
    return (((NAME, name), (UNNAMED, name)),) if name else ()


def _tagged(text: str | None) -> tuple[Labels, ...]:
    """The tags that are shown so."""
    if not text:
        return ()
    cuts = (n for n, character in enumerate(text) if character == "=")
    return (((text, ""), *((text[:n], text[n + 1 :]) for n in cuts if text[n + 1 :])),)


def subsets(call: Call, caller: Caller) -> tuple[DeviceRef, Listing]:
    """ListSubsets as a gateway and which of its devices are wanted."""
    p: wire.ListSubsets = call.params
    status, online = p.status, p.online_status
    found = None
    if status is not None or online is not None:
        connections = [c for c, code in CONNECTIONS.items() if online in (None, code)]
        switched = [off for off in (False, True) if status in (None, int(off))]
        found = tuple(s for c in connections for off in switched for s in states(c, disabled=off))
    skip, limit = part(p)
    labels = _called(p.device_name)
    return ref(call, caller), Listing(skip=skip, limit=limit, states=found, labels=labels)


def attached(call: Call, caller: Caller) -> Attached:
    """AddSubsetsToGateway as a gateway and devices."""
    body: wire.AddSubsets = call.body
    return Attached(ref(call, caller), [named(id) for id in dict.fromkeys(body.resources)])


def several(call: Call, caller: Caller) -> list[DeviceRef]:
    """BatchDeleteDevices as devices."""
    body: wire.BatchDelete = call.body
    return [named(id) for id in body.ids]


def reset(call: Call, caller: Caller) -> DeviceReset:
    """ResetAuthentication as what to set."""
    body: wire.ResetDeviceAuthentication = call.body
    return DeviceReset(ref(call, caller), body.user_name or None, body.password or None)


def device(shown: ShownDevice, caller: Caller) -> wire.Device:
    """The device as ROMA shows it, its password masked."""
    permissions = caller.user.permissions
    n = _CODES[sort(shown.device, shown.product)]
    return wire.Device(
        **_common(shown, caller),
        permissions=[w for w, p in PERMISSIONS.items() if allows(permissions, p)],
        app_name=shown.space.name,
        node_type=n,
        device_type=n,
    )


def whole(shown: ShownDevice, caller: Caller) -> wire.Device:
    """The device with what ShowDevice says beside. No device connects yet, so none has an address."""
    answer = device(shown, caller)
    found = shown.device
    answer.parent_device_id, answer.parent_device_name = _parent(shown)
    answer.last_login_datetime = answer.last_active_time = found.online_at or None
    answer.client_ip = answer.keep_alive = answer.version = None
    answer.plugin_id = _PLUGINS.get(shown.product.profile.protocol or "")
    return answer


def subset(shown: ShownDevice, caller: Caller) -> wire.SubDevice:
    """The device as one of its gateway's."""
    answer = wire.SubDevice(**_common(shown, caller))
    answer.parent_device_id, answer.parent_device_name = _parent(shown)
    return answer


def _common(shown: ShownDevice, caller: Caller) -> dict[str, Any]:
    found, product, vault = shown.device, shown.product, caller.vault
    profile = product.profile
    return {
        "id": found.id,
        "device_id": found.id,
        "product": wire.Referred(
            product.id,
            profile.name,
            profile.manufacturer_id or "",
            profile.model_number or "",
            protocol(product),
            KIND_CODES[profile.kind],
        ),
        "device_name": _name(found),
        "instance_id": caller.tenant.ids[auth.INSTANCE],
        "client_id": handles.client_id(vault, found.product, found.id),
        "node_id": found.key,
        "app_id": handles.APPS.id_of(vault, caller.tenant, product.space),
        "status": int(bool(found.disabled_at)),
        "online_status": CONNECTIONS[found.connection],
        "description": found.description,
        "authentication": Authentication(secret_name(found, caller), MASK),
        "created_user": user(found.created_by),
        "last_updated_user": user(found.updated_by),
        "tags": _tag_texts(found),
        "created_datetime": found.created_at,
        "last_updated_datetime": found.updated_at,
    }


def _parent(shown: ShownDevice) -> tuple[int | None, str | None]:
    if shown.gateway is None:
        return None, None
    gateway = shown.gateway[0]
    return gateway.id, _name(gateway)


def _name(device: Device) -> str:
    return device.key if device.name is None else device.name


def devices(page: Devices, caller: Caller) -> wire.Devices:
    """A page of devices."""
    items = [device(shown, caller) for shown in page.items]
    return wire.Devices(total=page.total, size=len(items), items=items)


def subdevices(page: Devices, caller: Caller) -> wire.SubDevices:
    """A page of a gateway's devices."""
    items = [subset(shown, caller) for shown in page.items]
    return wire.SubDevices(page.total, len(items), items)


def added(shown: list[ShownDevice], caller: Caller) -> list[wire.SubDevice]:
    """The devices that were put behind a gateway."""
    return [subset(one, caller) for one in shown]


def authentication(device: Device, caller: Caller) -> Authentication:
    """The device's credentials, readable: no other call shows the password."""
    chosen = chosen_secret(caller, device)
    password = handles.device_secret(caller.vault, device.id) if chosen is None else chosen
    return Authentication(secret_name(device, caller), password)


def secret_name(device: Device, caller: Caller) -> str:
    """The user name of the device's credentials."""
    chosen = device.names_of_secrets.get(handles.DIALECT)
    return chosen or handles.device_secret_name(caller.vault, device.id)
