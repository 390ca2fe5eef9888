"""Devices between IoTDA's words and the canonical ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.devices.lists import Devices, Listing, ShownDevice
from entrepot.core.devices.registry import DeviceDraft, DeviceRef, chosen_secret
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Connection, Device
from entrepot.core.things.product import NAME
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.iotda import handles
from entrepot.vendors.huawei.iotda.common import Page
from entrepot.vendors.huawei.iotda.devices import wire
from entrepot.vendors.huawei.iotda.devices.use_cases import (
    DeviceQuery,
    NewDevice,
    Reset,
    SecretChange,
    Tags,
    without,
)
from entrepot.vendors.huawei.iotda.handles import DIALECT
from entrepot.vendors.huawei.iotda.products.convert import product_ref
from entrepot.vendors.huawei.iotda.spaces.convert import space_ref

STATUSES: dict[Connection, str] = {
    "inactive": "INACTIVE",
    "online": "ONLINE",
    "offline": "OFFLINE",
}
FROZEN, DIRECT, BEHIND = "FROZEN", "GATEWAY", "ENDPOINT"
SECONDARY = "/secondary"  # where the spare secret is kept

DEVICE_LOSSES = {
    "name": "none is not shown",
    "names": "translations are not shown",
    "extras": "another dialect's own fields are not shown",
}


def draft(call: Call, caller: Caller) -> NewDevice:
    """AddDevice as a draft."""
    body: wire.AddDevice = call.body
    auth = body.auth_info or wire.AuthInfo()
    own: dict[str, Any] = _given(auth, "auth_type", "fingerprint", "secure_access", "timeout")
    own |= _given(body, "extension_info")
    if body.shadow:
        own["shadow"] = msgspec.to_builtins(body.shadow)
    return NewDevice(
        DeviceDraft(
            product=Ref(body.product_id),
            key=body.node_id,
            name=body.device_name,
            description=body.description,
            gateway=None if body.gateway_id is None else named(body.gateway_id, caller),
            extras=own,
            secret=auth.secret,
        ),
        product_ref(body.product_id, body.app_id, caller),
        body.device_id,
    )


def _given(sent: msgspec.Struct, *names: str) -> dict[str, Any]:
    """The members that were sent."""
    members = ((name, getattr(sent, name)) for name in names)
    return {name: value for name, value in members if value is not None}


def named(text: str, caller: Caller) -> DeviceRef:
    """The device of this id."""
    return handles.device_ref(caller.vault, text)


def ref(call: Call, caller: Caller) -> DeviceRef:
    """The device that the path names."""
    return named(call.params.device_id, caller)


def changed(call: Call, caller: Caller) -> tuple[DeviceRef, Callable[[Device], Device]]:
    """UpdateDevice as a device and its change."""
    body: wire.UpdateDevice = call.body
    own = _given(body, "extension_info")
    if body.auth_info is not None:
        own |= _given(body.auth_info, "secure_access", "timeout")
    said = _given(body, "device_name", "description")

    def edit(old: Device) -> Device:
        name = said.get("device_name", old.name)
        new = replace(old, name=name, description=said.get("description", old.description))
        return _with(new, own)

    return ref(call, caller), edit


def _with(device: Device, own: dict[str, Any]) -> Device:
    """The device with these fields of IoTDA's own; None takes one away."""
    if not own:
        return device
    fields = {**device.extras.get(DIALECT, {}), **own}
    kept = {name: value for name, value in fields.items() if value is not None}
    return replace(device, extras={**device.extras, DIALECT: kept})


def secret(call: Call, caller: Caller) -> SecretChange:
    """ResetDeviceSecret as what to set."""
    body: wire.ResetSecret = call.body
    slot = SECONDARY if body.secret_type == "SECONDARY" else ""  # noqa: S105
    return SecretChange(ref(call, caller), body.secret or handles.new_secret(), slot)


def secret_reply(reset: Reset, caller: Caller) -> wire.SecretReply:
    """The new secret, and of what it is."""
    return wire.SecretReply(
        device_id=_id(reset.shown, caller),
        secret=reset.secret,
        secret_type="SECONDARY" if reset.slot else "PRIMARY",
    )


def fingerprint(call: Call, caller: Caller) -> tuple[DeviceRef, Callable[[Device], Device], str]:
    """ResetFingerprint as a device, its change and which of the two it is.

    From then on the device proves itself by certificate (Terraform's tests).
    """
    body: wire.ResetFingerprint = call.body
    which = body.fingerprint_type or "PRIMARY"
    own = {"auth_type": "CERTIFICATES", _FINGERPRINTS[which]: body.fingerprint}
    return ref(call, caller), lambda old: _with(old, own), which


_FINGERPRINTS = {"PRIMARY": "fingerprint", "SECONDARY": "secondary_fingerprint"}


def fingerprint_reply(result: tuple[ShownDevice, str], caller: Caller) -> wire.FingerprintReply:
    """The new fingerprint, and which it is."""
    shown, which = result
    return wire.FingerprintReply(
        device_id=_id(shown, caller),
        fingerprint=_own(shown.device).get(_FINGERPRINTS[which], UNSET),
        fingerprint_type=which,
    )


def gateway(call: Call, caller: Caller) -> tuple[DeviceRef, DeviceRef]:
    """ChangeGateway as a device and its new gateway."""
    body: wire.ChangeGateway = call.body
    return ref(call, caller), named(body.gateway_id, caller)


def query(call: Call, caller: Caller) -> DeviceQuery:
    """ListDevices. INFERRED: filters match whole values."""
    p: wire.ListDevicesQuery = call.params
    start, end, name = wire.moment(p.start_time or ""), wire.moment(p.end_time or ""), p.device_name
    tests: list[Callable[[Device], bool]] = []
    if start is not None:
        tests.append(lambda d: d.created_at >= start)
    if end is not None:
        tests.append(lambda d: d.created_at < end)
    return DeviceQuery(
        Listing(
            before=handles.before(p.marker),
            skip=p.offset,
            limit=p.limit,
            keys=(p.node_id,) if p.node_id else None,
            labels=(((NAME, name),),) if name else (),
            test=(lambda d, product: all(t(d) for t in tests)) if tests else None,
        ),
        None if p.product_id is None else product_ref(p.product_id, p.app_id, caller),
        None if p.gateway_id is None else named(p.gateway_id, caller),
        p.is_cascade_query,
        space_ref(p.app_id, caller),
    )


def bound(call: Call, caller: Caller) -> tuple[DeviceRef, Callable[[Tags], Tags], int]:
    """TagDevice as a device and its tags: the same key has its value from now on."""
    body: wire.BindTags = call.body
    new = {tag.tag_key: tag.tag_value for tag in body.tags}
    return named(body.resource_id, caller), lambda old: {**old, **new}, wire.MOST_TAGS


def unbound(call: Call, caller: Caller) -> tuple[DeviceRef, Callable[[Tags], Tags], int]:
    """UntagDevice as a device and its tags."""
    body: wire.UnbindTags = call.body
    keys = body.tag_keys
    return named(body.resource_id, caller), lambda old: without(old, keys), wire.MOST_TAGS


def tagged(call: Call, caller: Caller) -> Listing:
    """ListResourcesByTags as which devices."""
    p: wire.PagedQuery = call.params
    body: wire.QueryByTags = call.body
    any_of = tuple((tag.tag_key, tag.tag_value) for tag in body.tags)
    return Listing(before=handles.before(p.marker), skip=p.offset, limit=p.limit, labels=(any_of,))


def device(shown: ShownDevice, caller: Caller) -> wire.Device:
    """The device with its secrets in the clear, as the platform shows them."""
    found = shown.device
    own = _own(found)
    changed_at = max(found.online_at, found.offline_at)
    return wire.Device(
        **_summary(shown, caller),
        auth_info=_auth(found, own, caller),
        create_time=handles.time(found.created_at),
        connection_status_update_time=_moment(changed_at),
        active_time=_moment(found.active_at),
        extension_info=own.get("extension_info", UNSET),
    )


def _moment(ms: int) -> str | UnsetType:
    return handles.precise_time(ms) if ms else UNSET


def _auth(device: Device, own: dict[str, Any], caller: Caller) -> wire.AuthInfoRes:
    kind = own.get("auth_type", "SECRET")
    answer = wire.AuthInfoRes(
        auth_type=kind,
        fingerprint=own.get("fingerprint", UNSET),
        secondary_fingerprint=own.get("secondary_fingerprint", UNSET),
        secure_access=own.get("secure_access", False),
        timeout=own.get("timeout", 0),
    )
    if kind == "SECRET":
        chosen = chosen_secret(caller, device)
        answer.secret = chosen or handles.device_secret(caller.vault, device.id)
        answer.secondary_secret = chosen_secret(caller, device, SECONDARY) or UNSET
    return answer


def _own(device: Device) -> dict[str, Any]:
    return device.extras.get(DIALECT, {})


def _id(shown: ShownDevice, caller: Caller) -> str:
    return handles.device_id(caller.vault, shown.device, shown.product)


def _summary(shown: ShownDevice, caller: Caller) -> dict[str, Any]:
    found, product, vault = shown.device, shown.product, caller.vault
    id, above = _id(shown, caller), shown.gateway
    return {
        "app_id": handles.APPS.id_of(vault, caller.tenant, product.space),
        "app_name": shown.space.name,
        "device_id": id,
        "node_id": found.key,
        # of a device that connects directly, its own (AddDevice, gateway_id)
        "gateway_id": id if above is None else handles.device_id(vault, *above),
        "device_name": UNSET if found.name is None else found.name,
        "node_type": DIRECT if above is None else BEHIND,
        "description": UNSET if found.description is None else found.description,
        "product_id": handles.product_handle(vault, product),
        "product_name": product.profile.name,
        "status": FROZEN if found.disabled_at else STATUSES[found.connection],
        "tags": [wire.ShownTag(key, value) for key, value in found.tags.items()],
    }


def devices(found: Devices, caller: Caller) -> wire.Devices:
    """A page of summaries."""
    items = [wire.DeviceSummary(**_summary(shown, caller)) for shown in found.items]
    return wire.Devices(items, _page(found))


def resources(found: Devices, caller: Caller) -> wire.Resources:
    """A page of ids."""
    return wire.Resources([wire.Resource(_id(s, caller)) for s in found.items], _page(found))


def _page(found: Devices) -> Page:
    # INFERRED, as for products: an empty page has a null marker
    last = handles.marker(found.items[-1].device.id) if found.items else None
    return Page(found.total, last)


def nothing(result: object, caller: Caller) -> wire.Nothing:
    """An answer that says nothing, and is one all the same: not 204 (Terraform's provider)."""
    return wire.Nothing()
