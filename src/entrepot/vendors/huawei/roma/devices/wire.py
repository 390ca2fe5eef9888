"""Devices and their credentials; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Violation
from entrepot.vendors.huawei.roma.common import (
    ID,
    Address,
    Authentication,
    Description,
    Floored,
    Paging,
    Password,
    UserName,
    UserNameGiven,
    password_is_long_enough,
    user_name_is_long_enough,
)

# Source: "Creating a Device" and huaweicloudsdkroma (CreateDeviceRequestBody) unless a line says otherwise.
NAME = r"\A[\u4e00-\u9fa5（）。；，：“”、？《》A-Za-z0-9()_,#.?'\-@%&!]+\Z"
ONLINE = r"\A(?:[012](?:,[012])*)?\Z"

DeviceName = Annotated[
    str, Meta(min_length=2, max_length=64, pattern=NAME, description="Device name.")
]
NodeId = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=64,
        pattern=ID,
        description="Physical number of the device, a MAC or IMEI as a rule.",
    ),
]
Status = Annotated[Literal[0, 1], Meta(description="0: enabled, 1: disabled.")]
# INFERRED: no page gives limits for tags.
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=64)]], Meta(max_length=100)]
DeviceId = Annotated[int, Meta(ge=1, le=999_999_999_999_999_999)]


class DeviceAddress(Address, kw_only=True):
    """A device's own calls."""

    device_id: Annotated[int, Meta(description="Device ID.")]


def product_is_named(given: ProductReferer) -> list[Violation]:
    """By its ID, or by manufacturer and model (ProductReferer, product_id)."""
    if given.product_id is not None:
        return []
    names = ("manufacturer_id", "model")
    missing = [n for n in names if not getattr(given, n)]
    if len(missing) == len(names):
        return [Violation(("product_id",), "missing")]
    return [Violation((n,), "missing") for n in missing]


class ProductReferer(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The product of a device to be. Of the other members nothing is looked at."""

    product_id: Floored | None = None
    manufacturer_id: Annotated[str, Meta(max_length=64)] | None = None
    model: Annotated[str, Meta(max_length=50)] | None = None

    __rules__ = (product_is_named,)


class CreateDevice(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateDevice."""

    product: ProductReferer
    device_name: DeviceName
    node_id: NodeId
    app_id: Annotated[str, Meta(min_length=1, max_length=36, description="Application ID.")]
    parent_device_id: Floored | None = None
    user_name: UserNameGiven | None = None
    password: Password | None = None
    status: Status | None = None
    description: Description | None = None
    tags: Tags | None = None

    __rules__ = (user_name_is_long_enough, password_is_long_enough)


class UpdateDevice(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of UpdateDevice. What is absent among the optional members stays as it is (INFERRED)."""

    device_name: DeviceName
    status: Status
    description: Description | None = None
    tags: Tags | None = None


class ListDevices(Paging, kw_only=True):
    """Filters of ListDevices."""

    app_id: str | None = None
    product_id: int | None = None
    product_name: str | None = None
    device_name: str | None = None
    client_id: str | None = None
    node_id: str | None = None
    node_type: Annotated[
        int | None, Meta(description="0: directly connected, 1: gateway, 2: subdevice.")
    ] = None
    online_status: (
        Annotated[
            str,
            Meta(
                pattern=ONLINE,
                description="0: never connected, 1: online, 2: offline; several with commas.",
            ),
        ]
        | None
    ) = None
    created_date_start: Annotated[int | None, Meta(description="In ms, UTC.")] = None
    created_date_end: Annotated[int | None, Meta(description="In ms, UTC.")] = None
    tag: str | None = None


class ListSubsets(Paging, kw_only=True):
    """Filters of ListSubsets."""

    device_id: int
    device_name: str | None = None
    status: int | None = None
    online_status: int | None = None


class AddSubsets(msgspec.Struct, kw_only=True):
    """Body of AddSubsetsToGateway."""

    resources: Annotated[list[Floored], Meta(min_length=1, max_length=9999)]


def some_are_named(body: BatchDelete) -> list[Violation]:
    """One of the two lists is mandatory."""
    return [] if body.ids else [Violation(("device_ids",), "missing")]


class BatchDelete(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of BatchDeleteDevices: `resources` in the SDK, `device_ids` on the newer pages."""

    device_ids: Annotated[list[Floored], Meta(max_length=9999)] = []
    resources: Annotated[list[Floored], Meta(max_length=9999)] = []

    __rules__ = (some_are_named,)

    @property
    def ids(self) -> list[int]:
        """The devices, each once."""
        return list(dict.fromkeys([*self.device_ids, *self.resources]))


class ResetDeviceAuthentication(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of ResetAuthentication. An empty member stays; both empty: a new password is made."""

    user_name: UserNameGiven | None = None
    password: Password | None = None

    __rules__ = (user_name_is_long_enough, password_is_long_enough)


class Referred(msgspec.Struct):
    """The product of a device, as ROMA answers it."""

    product_id: int
    product_name: str
    manufacturer_id: str
    model: str
    protocol_type: int
    product_type: int


class SubDevice(msgspec.Struct, kw_only=True):
    """A device as ROMA answers it among others of a gateway. No device connects yet: no addresses."""

    id: int
    device_id: int
    parent_device_id: int | UnsetType | None = UNSET
    parent_device_name: str | UnsetType | None = UNSET
    product: Referred
    device_name: str
    instance_id: str
    client_id: str
    node_id: str
    app_id: str
    status: int
    online_status: int
    description: str | None
    authentication: Authentication
    created_user: UserName
    last_updated_user: UserName
    tags: list[str]
    created_datetime: int
    last_updated_datetime: int
    connect_address: str | None = None
    ssl_connect_address: str | None = None
    ipv6_connect_address: str | None = None
    ipv6_ssl_connect_address: str | None = None


class Device(SubDevice, kw_only=True):
    """A device as ROMA answers it. The members without a value are those of ShowDevice alone."""

    permissions: list[str]
    app_name: str
    node_type: int
    device_type: int
    last_login_datetime: int | UnsetType | None = UNSET
    client_ip: str | UnsetType | None = UNSET
    keep_alive: str | UnsetType | None = UNSET
    last_active_time: int | UnsetType | None = UNSET
    version: str | UnsetType | None = UNSET
    plugin_id: int | UnsetType | None = UNSET


class Devices(msgspec.Struct, kw_only=True):
    """A page of devices; `total` counts all that match."""

    total: int
    size: int
    connect_address: str | None = None
    ssl_connect_address: str | None = None
    ipv6_connect_address: str | None = None
    ipv6_ssl_connect_address: str | None = None
    items: list[Device]


class SubDevices(msgspec.Struct):
    """A page of a gateway's devices."""

    total: int
    size: int
    items: list[SubDevice]
