"""EnOS's operations on devices: where each lives, what goes in and out, which use case it is."""

from __future__ import annotations

from functools import partial

from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.dialect.operation import Operation
from entrepot.vendors.enos.common import Organization
from entrepot.vendors.enos.devices import convert, use_cases, wire
from entrepot.vendors.enos.devices.search import search

PATH = "/connect-service/v2.1/devices"
TOPOS = "/connect-service/v2.1/device-topos"

SEARCH_EXAMPLE = {
    "expression": "status in ('inactive', 'online') and deviceName like 'AlterTest'",
    "pagination": {"pageNo": 1, "pageSize": 10},
}
IDS = {
    "gateway": {"assetId": "jNIvfpz9"},
    "subDevices": [{"productKey": "2zp6A70r", "deviceKey": "meter-1"}],
}

_call = partial(
    Operation,
    method="POST",
    also=("GET",),
    path=PATH,
    source="documented",
    params=wire.DeviceAddress,
)
_change = partial(
    _call, writes=True, permission="device:update", take=convert.ref, reply=wire.Nothing,
    give=convert.nothing,
)  # fmt: skip
_topology = partial(
    _change, path=TOPOS, params=Organization, body=wire.SubDevices, example=IDS,
    take=convert.sub_devices,
)  # fmt: skip

DEVICES: tuple[Operation, ...] = (
    _call(
        name="CreateDevice",
        selector="create",
        summary="Register a device",
        page="Create Device",
        params=Organization,
        body=wire.CreateDevice,
        reply=wire.CreatedReply,
        writes=True,
        permission="device:create",
        take=convert.draft,
        run=device_lists.shown(devices.create),
        give=convert.created,
        example={
            "productKey": "2zp6A70r",
            "deviceName": {"defaultValue": "AlterTest0615_Device", "i18nValue": {}},
            "timezone": "+08:00",
            "deviceKey": "altertest-1",
            "deviceTags": {"key1": "v1"},
        },
    ),
    _call(
        name="GetDevice",
        method="GET",
        also=("POST",),
        selector="get",
        summary="Show a device and its secret",
        page="Get Device",
        reply=wire.DeviceReply,
        permission="device:read",
        take=convert.ref,
        run=device_lists.shown(devices.get),
        give=convert.shown,
    ),
    _change(
        name="UpdateDevice",
        selector="update",
        summary="Change a device; a patch unless it says otherwise",
        page="Update Device",
        params=wire.UpdateAddress,
        body=wire.UpdateDevice,
        take=convert.changed,
        run=devices.update,
        example={"deviceDesc": "as it is now"},
    ),
    _call(
        name="SearchDevice",
        selector="search",
        summary="Find devices, newest first",
        page="Search Device",
        params=Organization,
        body=wire.SearchDevices,
        reply=wire.DevicePage,
        permission="device:read",
        take=search,
        run=use_cases.search,
        give=convert.found,
        example=SEARCH_EXAMPLE,
    ),
    _change(
        name="DeleteDevice",
        selector="delete",
        summary="Delete a device that has no sub-devices",
        page="Delete Device",
        permission="device:delete",
        run=devices.delete,
    ),
    _change(
        name="EnableDevice",
        selector="enable",
        summary="Switch a device on again",
        page="Enable Device",
        run=use_cases.switch(False),
    ),
    _change(
        name="DisableDevice",
        selector="disable",
        summary="Switch a device off",
        page="Disable Device",
        run=use_cases.switch(True),
    ),
    _change(
        name="ReplaceDevice",
        selector="replaceDevice",
        summary="Put another device in a device's place: another key and secret",
        page="Replace Device",
        body=wire.ReplaceDevice,
        reply=wire.CreatedReply,
        take=convert.replaced,
        run=device_lists.shown(use_cases.replace_device),
        give=convert.created,
        example={"newDeviceKey": "altertest-2"},
    ),
    _call(
        name="GetDeviceStats",
        method="GET",
        also=("POST",),
        selector="getStats",
        summary="Count devices by status",
        page="Get Device Statistics",
        params=wire.StatsAddress,
        reply=wire.StatsReply,
        permission="device:read",
        take=convert.of_product,
        run=use_cases.stats,
        give=convert.stats,
    ),
    _topology(
        name="AddSubDevice",
        selector="addSubDevice",
        summary="Put devices behind a gateway",
        page="Add Sub-Device",
        run=use_cases.add_sub_devices,
    ),
    _topology(
        name="RemoveSubDevice",
        selector="removeSubDevice",
        summary="Take devices from behind a gateway",
        page="Remove Sub-Device",
        run=use_cases.remove_sub_devices,
    ),
    _call(
        name="GetGateway",
        path=TOPOS,
        selector="getGateway",
        summary="Show the gateway of a device",
        page="Get Gateway",
        params=Organization,
        body=wire.SubDevice,
        reply=wire.DeviceReply,
        permission="device:read",
        take=convert.sub_device,
        run=use_cases.gateway_of,
        give=convert.shown,
        example={"subDevice": {"assetId": "jNIvfpz9"}},
    ),
    _call(
        name="SearchSubDevice",
        path=TOPOS,
        selector="searchSubDevice",
        summary="Find devices behind a gateway, newest first",
        page="Search Sub-Device",
        params=Organization,
        body=wire.SearchSubDevices,
        reply=wire.DevicePage,
        permission="device:read",
        take=search,
        run=use_cases.search,
        give=convert.found,
        example={"gateway": {"assetId": "jNIvfpz9"}, "pagination": {"pageNo": 1, "pageSize": 10}},
    ),
)
