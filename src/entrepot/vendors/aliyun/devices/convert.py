"""Devices between Alibaba's words and the canonical ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET

from entrepot.core.caller import Caller
from entrepot.core.devices.lists import Listing, ShownDevice
from entrepot.core.devices.registry import DeviceDraft, DeviceRef, chosen_secret
from entrepot.core.products.registry import Ref
from entrepot.core.things.device import Connection, Device, states
from entrepot.core.things.product import Product
from entrepot.dialect.operation import Call
from entrepot.vendors.aliyun import handles
from entrepot.vendors.aliyun.devices import replies, wire
from entrepot.vendors.aliyun.devices.use_cases import Counting, DeviceQuery, Listed, Statistics
from entrepot.vendors.aliyun.handles import DIALECT, product_key, product_ref
from entrepot.vendors.aliyun.products.convert import KIND_CODES, RESERVED_TAG

DEVICE_QUOTA = 1_000_000  # source: documented (limits: devices of a product)
STATUSES: dict[Connection, str] = {
    "inactive": "UNACTIVE",
    "online": "ONLINE",
    "offline": "OFFLINE",
}
DISABLED = "DISABLE"
_NUMBERS = {  # QueryDeviceByStatus
    0: states("inactive", disabled=False),
    1: states("online", disabled=False),
    3: states("offline", disabled=False),
    8: states(disabled=True),
}
_ZONE = timedelta(hours=8)  # in which times called Gmt are, whatever that means (its samples)

DEVICE_LOSSES = {
    "name": "shown as it is, also where it breaks Alibaba's rules; none is empty",
    "names": "translations are not shown",
    "description": "not shown",
    "gateway": "not shown: topological relations are not spoken",
    "tags": "the key `abc` is reserved and not shown",
    "extras": "another dialect's own fields are not shown",
}


# Requests


def draft(call: Call, caller: Caller) -> DeviceDraft:
    """RegisterDevice as a draft; without a name it gets a random one."""
    sent: wire.RegisterDevice = call.params
    names = ("DevEui", "JoinEui", "LoraNodeType")
    own = {name: value for name in names if (value := getattr(sent, name))}
    return DeviceDraft(
        product=product_ref(caller.vault, sent.ProductKey),
        key=sent.DeviceName or handles.random_name(),
        name=sent.Nickname,
        extras=own,
        product_quota=DEVICE_QUOTA,
    )


def ref(call: Call, caller: Caller) -> DeviceRef:
    """The device that IotId, else ProductKey and DeviceName name."""
    return _ref(call.params, caller)


def _ref(sent: wire.OneDevice | wire.Renamed, caller: Caller) -> DeviceRef:
    if sent.IotId:
        return handles.device_ref(caller.vault, sent.IotId)
    return _named(sent.ProductKey or "", sent.DeviceName or "", caller)


def _named(key: str, name: str, caller: Caller) -> DeviceRef:
    return DeviceRef(name, named=((product_ref(caller.vault, key), name),))


def page(call: Call, caller: Caller) -> DeviceQuery:
    """QueryDevice as a question."""
    sent: wire.QueryDevice = call.params
    before = handles.token_of(sent.NextToken) if sent.NextToken else None
    skip = 0 if before is not None else (sent.CurrentPage - 1) * sent.PageSize
    listing = Listing(skip=skip, limit=sent.PageSize, before=before)
    return DeviceQuery(listing, product_ref(caller.vault, sent.ProductKey), sent.CurrentPage)


def by_status(call: Call, caller: Caller) -> DeviceQuery:
    """QueryDeviceByStatus as a question."""
    sent: wire.QueryDeviceByStatus = call.params
    wanted, group = _NUMBERS[sent.Status], sent.ResourceGroupId

    def test(device: Device, product: Product) -> bool:
        return product.profile.extras.get(DIALECT, {}).get("ResourceGroupId") == group

    listing = Listing(
        skip=(sent.CurrentPage - 1) * sent.PageSize,
        limit=sent.PageSize,
        states=wanted,
        test=test if group else None,
    )
    return DeviceQuery(listing, _product(sent.ProductKey, caller), sent.CurrentPage)


def counted(call: Call, caller: Caller) -> Counting:
    """QueryDeviceStatistics as a question."""
    sent: wire.QueryDeviceStatistics = call.params
    return Counting(_product(sent.ProductKey, caller), none=bool(sent.GroupId))


def _product(key: str | None, caller: Caller) -> Ref | None:
    return product_ref(caller.vault, key) if key else None


def of_product(call: Call, caller: Caller) -> tuple[Ref, list[DeviceRef]]:
    """BatchQueryDeviceDetail as a product and devices."""
    sent: wire.BatchQueryDeviceDetail = call.params
    refs = [_named(sent.ProductKey, name, caller) for name in sent.DeviceName]
    return product_ref(caller.vault, sent.ProductKey), refs


def several(call: Call, caller: Caller) -> list[DeviceRef]:
    """BatchGetDeviceState as devices."""
    sent: wire.BatchGetDeviceState = call.params
    if sent.IotId:
        return [handles.device_ref(caller.vault, id) for id in sent.IotId]
    return [_named(sent.ProductKey or "", name, caller) for name in sent.DeviceName or ()]


def nicknames(call: Call, caller: Caller) -> list[tuple[DeviceRef, str | None]]:
    """BatchUpdateDeviceNickname as devices and names."""
    sent: wire.BatchUpdateDeviceNickname = call.params
    return [(_ref(one, caller), one.Nickname or None) for one in sent.DeviceNicknameInfo]


def props(call: Call, caller: Caller) -> tuple[DeviceRef, dict[str, str]]:
    """SaveDeviceProp as a device and tags."""
    return ref(call, caller), wire.props_of(call.params.Props) or {}


def prop_key(call: Call, caller: Caller) -> tuple[DeviceRef, str]:
    """DeleteDeviceProp as a device and a tag's key."""
    return ref(call, caller), call.params.PropKey


# Answers


def status(device: Device) -> str:
    """The device's status in one word."""
    return DISABLED if device.disabled_at else STATUSES[device.connection]


def _since(device: Device) -> int:
    """When it became so; of a device that nothing happened to, when it was made."""
    if device.disabled_at:
        return device.disabled_at
    return max(device.created_at, device.online_at, device.offline_at)


def _local(ms: int) -> str:
    """`2018-08-06 10:47:50`. INFERRED for lists: their pages call it GMT, as this one does."""
    if not ms:
        return ""
    return f"{datetime.fromtimestamp(ms // 1000, UTC) + _ZONE:%Y-%m-%d %H:%M:%S}"


def _utc(ms: int) -> str:
    """`2018-08-06T02:47:50.000Z`."""
    if not ms:
        return ""
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03}Z"


def _common(shown: ShownDevice, caller: Caller) -> dict[str, Any]:
    device = shown.device
    secret = chosen_secret(caller, device) or handles.device_secret(caller.vault, device.id)
    return {
        "DeviceName": device.key,
        "DeviceSecret": secret,
        "IotId": handles.iot_id(caller.vault, device.id),
        "Nickname": device.name or "",
        "ProductKey": product_key(caller.vault, shown.product),
    }


def registered(shown: ShownDevice, caller: Caller) -> replies.RegisterDevice:
    """The device as RegisterDevice and QueryDeviceInfo answer it."""
    own = shown.device.extras.get(DIALECT, {})
    data = replies.Registered(
        **_common(shown, caller),
        DevEui=own.get("DevEui", UNSET),
        JoinEui=own.get("JoinEui", UNSET),
    )
    return replies.RegisterDevice(RequestId=caller.request_id, Data=data)


def _dated(device: Device) -> dict[str, str]:
    return {
        "GmtCreate": _local(device.created_at),
        "GmtModified": _local(device.updated_at),
        "UtcCreate": _utc(device.created_at),
        "UtcModified": _utc(device.updated_at),
    }


def _pages(found: Listed) -> dict[str, Any]:
    size = found.wanted.listing.limit
    return {
        "Page": found.wanted.page,
        "PageCount": -(-found.total // size),
        "PageSize": size,
        "Total": found.total,
    }


def listed(found: Listed, caller: Caller) -> replies.QueryDevice:
    """The page as QueryDevice answers it."""
    infos = [
        replies.DeviceInfo(
            **_common(one, caller),
            **_dated(one.device),
            DeviceId=handles.device_id(caller.vault, one.device.id),
            DeviceStatus=status(one.device),
        )
        for one in found.items
    ]
    last = found.items[-1].device.id if found.more else None
    return replies.QueryDevice(
        RequestId=caller.request_id,
        Data=replies.DeviceInfos(DeviceInfo=infos),
        NextToken="" if last is None else handles.token(last),
        **_pages(found),
    )


def of_status(found: Listed, caller: Caller) -> replies.QueryDeviceByStatus:
    """The page as QueryDeviceByStatus answers it."""
    infos = [
        replies.SimpleDeviceInfo(
            **_common(one, caller), **_dated(one.device), Status=status(one.device)
        )
        for one in found.items
    ]
    data = replies.SimpleDeviceInfos(SimpleDeviceInfo=infos)
    return replies.QueryDeviceByStatus(RequestId=caller.request_id, Data=data, **_pages(found))


def _detail(shown: ShownDevice, caller: Caller) -> dict[str, Any]:
    device, profile = shown.device, shown.product.profile
    return {
        **_common(shown, caller),
        "GmtActive": _local(device.active_at),
        "GmtCreate": _local(device.created_at),
        "NodeType": KIND_CODES[profile.kind],
        "ProductName": profile.name,
        "Region": handles.region(caller.tenant),
        "Status": status(device),
        "UtcActive": _utc(device.active_at),
        "UtcCreate": _utc(device.created_at),
    }


def whole(shown: ShownDevice, caller: Caller) -> replies.QueryDeviceDetail:
    """The device as QueryDeviceDetail answers it."""
    at = shown.device.online_at
    data = replies.Whole(**_detail(shown, caller), GmtOnline=_local(at), UtcOnline=_utc(at))
    return replies.QueryDeviceDetail(RequestId=caller.request_id, Data=data)


def details(found: list[ShownDevice], caller: Caller) -> replies.BatchQueryDeviceDetail:
    """The devices as BatchQueryDeviceDetail answers them."""
    data = replies.Details(Data=[replies.Detail(**_detail(one, caller)) for one in found])
    return replies.BatchQueryDeviceDetail(RequestId=caller.request_id, Data=data)


def one_status(device: Device, caller: Caller) -> replies.GetDeviceStatus:
    """The device's status and since when."""
    data = replies.StatusAt(Status=status(device), Timestamp=_since(device))
    return replies.GetDeviceStatus(RequestId=caller.request_id, Data=data)


def statuses(found: list[ShownDevice], caller: Caller) -> replies.BatchGetDeviceState:
    """The devices as BatchGetDeviceState answers them."""
    listed = [
        replies.DeviceStatus(
            DeviceId=handles.device_id(caller.vault, one.device.id),
            DeviceName=one.device.key,
            IotId=handles.iot_id(caller.vault, one.device.id),
            LastOnlineTime=_local(one.device.online_at),
            Status=status(one.device),
            Timestamp=_since(one.device),
        )
        for one in found
    ]
    return replies.BatchGetDeviceState(
        RequestId=caller.request_id, DeviceStatusList=replies.DeviceStatuses(DeviceStatus=listed)
    )


def numbers(found: Statistics, caller: Caller) -> replies.QueryDeviceStatistics:
    """The numbers as QueryDeviceStatistics answers them."""
    data = replies.Statistics(
        deviceCount=found.devices, activeCount=found.active, onlineCount=found.online
    )
    return replies.QueryDeviceStatistics(RequestId=caller.request_id, Data=data)


def tags(device: Device, caller: Caller) -> replies.QueryDeviceProp:
    """The device's tags; the reserved key is left out (SaveDeviceProp, Props)."""
    shown = {k: v for k, v in device.tags.items() if k != RESERVED_TAG}
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return replies.QueryDeviceProp(RequestId=caller.request_id, Props=text)
