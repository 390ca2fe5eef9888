"""Devices between EnOS's words and the canonical ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.devices.lists import ShownDevice
from entrepot.core.devices.registry import DeviceDraft, DeviceRef, chosen_secret
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Connection, Device, states
from entrepot.dialect.operation import Call
from entrepot.vendors.enos import handles
from entrepot.vendors.enos.common import StringI18n, translations
from entrepot.vendors.enos.devices import wire
from entrepot.vendors.enos.devices.use_cases import Found, SubDevices
from entrepot.vendors.enos.handles import DIALECT
from entrepot.vendors.enos.products.convert import FORMAT_WORDS, KIND_WORDS
from entrepot.vendors.enos.search.wire import page, projected

DEVICE_QUOTA = 10_000  # source: documented (devices of a product; code 11739)
STATUSES: dict[Connection, str] = {
    "inactive": "inactive",
    "online": "online",
    "offline": "offline",
}
DISABLED = "disabled"
UTC = "+00:00"

DEVICE_LOSSES = {
    "name": "none is shown as the deviceKey",
    "gateway": "not shown in the device; Get Gateway and Search Sub-device answer it",
    "extras": "another dialect's own fields are not shown; timezone is then +00:00",
}


def draft(call: Call, caller: Caller) -> DeviceDraft:
    """Create Device as a draft; without a key it gets a random one."""
    body: wire.CreateDevice = call.body
    own: dict[str, Any] = {"timezone": body.timezone}
    if body.deviceAttributes:
        own["deviceAttributes"] = _present(body.deviceAttributes)
    return DeviceDraft(
        product=handles.product_ref(caller.vault, body.productKey),
        key=body.deviceKey or handles.random_key(),
        name=body.deviceName.defaultValue,
        names=translations(body.deviceName),
        description=body.deviceDesc,
        tags=body.deviceTags or {},
        extras=own,
        product_quota=DEVICE_QUOTA,
    )


def _present(attributes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}


def ref(call: Call, caller: Caller) -> DeviceRef:
    """The device that the query names."""
    return named(call.params, caller)


def named(sent: wire.DeviceAddress | wire.DeviceId, caller: Caller) -> DeviceRef:
    """The device of this asset, else of this product and key."""
    if sent.assetId:
        return handles.device_ref(caller.vault, sent.assetId)
    key = sent.deviceKey or ""
    product = handles.product_ref(caller.vault, sent.productKey or "")
    return DeviceRef(key, named=((product, key),))


def changed(call: Call, caller: Caller) -> tuple[DeviceRef, Callable[[Device], Device]]:
    """Update Device as a device and its change.

    INFERRED: in a patch, attributes are changed one by one and null takes one away; tags are replaced as
    a whole, as those of products are. What is no patch replaces everything but name and timezone,
    which a device cannot be without.
    """
    sent: wire.UpdateAddress = call.params
    body: wire.UpdateDevice = call.body
    patch = "false" not in (sent.IsPatchUpdate.lower(), sent.isPatchUpdate.lower())

    def edit(old: Device) -> Device:
        own = dict(old.extras.get(DIALECT, {}))
        if body.timezone is not None:
            own["timezone"] = body.timezone
        kept = own.pop("deviceAttributes", {})
        attributes = {**(kept if patch else {}), **(body.deviceAttributes or {})}
        if present := _present(attributes):
            own["deviceAttributes"] = present
        others = {name: fields for name, fields in old.extras.items() if name != DIALECT}
        new = old
        if body.deviceName is not None:
            names = translations(body.deviceName)
            new = replace(new, name=body.deviceName.defaultValue, names=names)
        return replace(
            new,
            description=_given(body.deviceDesc, old.description if patch else None),
            tags=_given(body.deviceTags, old.tags if patch else {}),
            extras={**others, DIALECT: own} if own else others,
        )

    return ref(call, caller), edit


def _given(new: Any, old: Any) -> Any:
    return old if new is None else new


def replaced(call: Call, caller: Caller) -> tuple[DeviceRef, str, str]:
    """Replace Device as a device, its new key and its new secret."""
    return ref(call, caller), call.body.newDeviceKey, handles.new_secret()


def of_product(call: Call, caller: Caller) -> Ref | None:
    """The product whose devices are counted."""
    key: str | None = call.params.productKey
    return handles.product_ref(caller.vault, key) if key else None


def sub_devices(call: Call, caller: Caller) -> SubDevices:
    """Add or Remove Sub-devices as a gateway and devices."""
    body: wire.SubDevices = call.body
    refs = [named(one, caller) for one in body.subDevices]
    return SubDevices(named(body.gateway, caller), refs)


def sub_device(call: Call, caller: Caller) -> DeviceRef:
    """Get Gateway as a device."""
    return named(call.body.subDevice, caller)


# --- answers -------------------------------------------------------------------------------------


def status(device: Device) -> str:
    """The device's status in one word."""
    return DISABLED if device.disabled_at else STATUSES[device.connection]


def name_of(device: Device) -> str:
    """What it is called; its key where it has no name."""
    return device.key if device.name is None else device.name


def device(shown: ShownDevice, caller: Caller) -> wire.Device:
    """The device with its secret in the clear, as v2.1 shows it."""
    found, product, vault = shown.device, shown.product, caller.vault
    profile, own = product.profile, found.extras.get(DIALECT, {})
    model = handles.model_id(vault, product)
    return wire.Device(
        orgId=caller.tenant.ids[handles.ORG],
        assetId=handles.asset_id(vault, found.id),
        modelId=model,
        modelIdPath=None if model is None else f"/{model}",
        productKey=handles.product_key(vault, product),
        productName=StringI18n(profile.name, dict(profile.names)),
        productType=KIND_WORDS[profile.kind],
        dataFormat=FORMAT_WORDS[profile.payload or "json"],
        deviceKey=found.key,
        deviceName=StringI18n(name_of(found), dict(found.names)),
        deviceSecret=_secret(found, caller),
        deviceDesc=found.description,
        timezone=own.get("timezone", UTC),
        deviceAttributes=own.get("deviceAttributes", {}),
        deviceTags=found.tags,
        createTime=found.created_at,
        status=status(found),
        activeTime=found.active_at,
        lastOnlineTime=found.online_at,
        lastOfflineTime=found.offline_at,
    )


def _secret(device: Device, caller: Caller) -> str:
    return chosen_secret(caller, device) or handles.device_secret(caller.vault, device.id)


def shown(shown: ShownDevice, caller: Caller) -> wire.DeviceReply:
    """Get Device, Get Gateway."""
    return wire.DeviceReply(data=device(shown, caller))


def created(shown: ShownDevice, caller: Caller) -> wire.CreatedReply:
    """Create Device, Replace Device."""
    found, vault = shown.device, caller.vault
    data = wire.Created(
        assetId=handles.asset_id(vault, found.id),
        productKey=handles.product_key(vault, shown.product),
        deviceKey=found.key,
        deviceSecret=_secret(found, caller),
    )
    return wire.CreatedReply(data=data)


def nothing(result: object, caller: Caller) -> wire.Nothing:
    """The answer that says no more than that it is done."""
    return wire.Nothing()


def stats(found: Counter[str], caller: Caller) -> wire.StatsReply:
    """Get Device Statistics."""

    def number(among: tuple[str, ...]) -> int:
        return sum(found[state] for state in among)

    data = wire.Stats(
        totalCount=found.total(),
        onlineCount=number(states("online", disabled=False)),
        offlineCount=number(states("offline", disabled=False)),
        inactiveCount=number(states("inactive", disabled=False)),
        disabledCount=number(states(disabled=True)),
    )
    return wire.StatsReply(data=data)


def found(found: Found, caller: Caller) -> wire.DevicePage:
    """Search Device and Search Sub-device."""
    body = found.wanted.call.body
    listed = [device(one, caller) for one in found.devices.items]
    return wire.DevicePage(data=projected(listed, body), pagination=page(body, found.devices.total))
