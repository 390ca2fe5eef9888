"""IoTDA's devices, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Violation
from entrepot.dialect.rules import Bytes, Holds, Unique
from entrepot.vendors.huawei.iotda.common import (
    EARLIER,
    ID_CLASS,
    TAG_CLASS,
    AppId,
    Id,
    Page,
    ProjectAddress,
)
from entrepot.vendors.huawei.iotda.formats.wire import NAME_CLASS, TEXT, Name32

# Source: "Create a Device" and huaweicloudsdkiotda 3.1.219 (AddDevice and its like), unless a line
# says otherwise.
TIME = "%Y%m%dT%H%M%SZ"
MOST_TAGS = 10
_EMPTY_OR_NAME = rf"\A[{NAME_CLASS}]*\Z"

DeviceId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=rf"\A[{ID_CLASS}]+\Z",
        description="Device ID; the product ID, an underscore and the node ID where it is left out.",
    ),
]
# Devices of other dialects have keys with other characters: what is only looked up may hold any.
AnyDeviceId = Annotated[str, Meta(min_length=1, max_length=256, description="Device ID.")]
NodeId = Annotated[str, Meta(min_length=1, max_length=64, pattern=rf"\A[{ID_CLASS}]+\Z")]
DeviceName = Annotated[
    str, Meta(max_length=256, pattern=_EMPTY_OR_NAME, description="Device name.")
]
# INFERRED: "and so on" follows the list of characters; those of a product's description are taken.
Description = Annotated[str, Meta(max_length=2048, pattern=TEXT)]
ExtensionInfo = Annotated[
    dict[str, Any],
    Meta(description="Whatever the user likes, up to 1 KB.", extra={"rules": (Bytes(1024),)}),
]
Secret = Annotated[str, Meta(min_length=8, max_length=32, pattern=rf"\A[{ID_CLASS}]+\Z")]
Fingerprint = Annotated[
    str,
    Meta(
        pattern=r"\A(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})\Z",
        description="40 or 64 hexadecimal digits of the certificate.",
    ),
]
Timeout = Annotated[
    int,
    Meta(ge=0, le=2_147_483_647, description="Seconds to become active in; 0: any time."),
]
Which = Literal["PRIMARY", "SECONDARY"]
TagKey = Annotated[str, Meta(min_length=1, max_length=64, pattern=rf"\A[{TAG_CLASS}]+\Z")]
TagValue = Annotated[str, Meta(max_length=128, pattern=rf"\A[{TAG_CLASS}]*\Z")]


def moment(text: str) -> int | None:
    """The time in ms, or None where the text is none."""
    try:
        return int(datetime.strptime(text, TIME).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None


def _is_a_time(text: str) -> str | None:
    return None if moment(text) is not None else "must be a time such as 20151212T121212Z"


Time = Annotated[str, Meta(max_length=16, extra={"rules": (Holds(_is_a_time),)})]


class DeviceAddress(ProjectAddress, kw_only=True):
    """One device."""

    device_id: AnyDeviceId


class Action(DeviceAddress, kw_only=True):
    """What is to be done to a device."""

    action_id: Literal["resetSecret"]


class AuthInfo(msgspec.Struct, kw_only=True):
    """How a device will prove itself."""

    auth_type: Literal["SECRET", "CERTIFICATES"] | None = None
    secret: Secret | None = None
    fingerprint: Fingerprint | None = None
    secure_access: bool | None = None
    timeout: Timeout | None = None


class AuthInfoWithoutSecret(msgspec.Struct, kw_only=True):
    """What of it an update may change."""

    secure_access: bool | None = None
    timeout: Timeout | None = None


class InitialDesired(msgspec.Struct, kw_only=True):
    """What a property of a new device is to be; kept until there are shadows."""

    service_id: Name32
    desired: dict[str, Any] | None = None


class AddDevice(msgspec.Struct, kw_only=True):
    """Body of AddDevice. Unknown members are ignored."""

    device_id: DeviceId | None = None
    node_id: NodeId
    device_name: DeviceName | None = None
    product_id: Id
    auth_info: AuthInfo | None = None
    description: Description | None = None
    gateway_id: AnyDeviceId | None = None
    app_id: AppId | None = None
    extension_info: ExtensionInfo | None = None
    shadow: list[InitialDesired] | None = None


class UpdateDevice(msgspec.Struct, kw_only=True):
    """Body of UpdateDevice: what is left out, or null, stays."""

    device_name: DeviceName | None = None
    description: Description | None = None
    extension_info: ExtensionInfo | None = None
    auth_info: AuthInfoWithoutSecret | None = None


def start_is_earlier(query: ListDevicesQuery) -> list[Violation]:
    """IOTDA.000010."""
    start, end = moment(query.start_time or ""), moment(query.end_time or "")
    late = start is not None and end is not None and start >= end
    return [Violation(("start_time",), "rule", EARLIER)] if late else []


class PagedQuery(ProjectAddress, kw_only=True):
    """Which part of a list."""

    limit: Annotated[int, Meta(ge=1, le=50, description="Records a page.")] = 10
    marker: Annotated[
        str,
        Meta(pattern=r"\A[0-9A-Fa-f]{24}\Z", description="Last record of the page before."),
    ] = "f" * 24
    offset: Annotated[int, Meta(ge=0, le=500, description="Records to skip.")] = 0


class ListDevicesQuery(PagedQuery, kw_only=True):
    """Query of ListDevices. `start_time` is included, `end_time` is not (Terraform's documents)."""

    product_id: Id | None = None
    gateway_id: AnyDeviceId | None = None
    is_cascade_query: bool = False
    node_id: Annotated[str, Meta(max_length=256)] | None = None
    device_name: Annotated[str, Meta(max_length=256)] | None = None
    start_time: Time | None = None
    end_time: Time | None = None
    app_id: AppId | None = None

    __rules__ = (start_is_earlier,)


class ResetSecret(msgspec.Struct, kw_only=True):
    """Body of ResetDeviceSecret; without a secret one is made."""

    secret: Secret | None = None
    force_disconnect: bool = False
    secret_type: Which | None = None


class ResetFingerprint(msgspec.Struct, kw_only=True):
    """Body of ResetFingerprint; without one, that of the first certificate is taken."""

    fingerprint: Fingerprint | None = None
    force_disconnect: bool = False
    fingerprint_type: Which | None = None


class ChangeGateway(msgspec.Struct, kw_only=True):
    """Body of ChangeGateway."""

    gateway_id: AnyDeviceId


class Tag(msgspec.Struct):
    """A tag of a resource."""

    tag_key: TagKey
    tag_value: TagValue = ""


Tags = Annotated[
    list[Tag], Meta(min_length=1, max_length=MOST_TAGS, extra={"rules": (Unique("tag_key"),)})
]
ResourceType = Literal["device"]


class BindTags(msgspec.Struct, kw_only=True):
    """Body of TagDevice."""

    resource_type: ResourceType
    resource_id: AnyDeviceId
    tags: Tags


def _each_once(keys: list[str]) -> str | None:
    return None if len(set(keys)) == len(keys) else "must not have a key twice"


class UnbindTags(msgspec.Struct, kw_only=True):
    """Body of UntagDevice."""

    resource_type: ResourceType
    resource_id: AnyDeviceId
    tag_keys: Annotated[
        list[TagKey], Meta(min_length=1, max_length=100, extra={"rules": (Holds(_each_once),)})
    ]


class QueryByTags(msgspec.Struct, kw_only=True):
    """Body of ListResourcesByTags; several tags mean any of them."""

    resource_type: ResourceType
    tags: Annotated[list[Tag], Meta(min_length=1, max_length=100)]


class Nothing(msgspec.Struct):
    """An answer that says nothing."""


class ShownTag(msgspec.Struct):
    """A tag, whoever set it."""

    tag_key: str
    tag_value: str


class DeviceSummary(msgspec.Struct, kw_only=True):
    """A device in a list."""

    app_id: str
    app_name: str
    device_id: str
    node_id: str
    gateway_id: str
    device_name: str | UnsetType = UNSET
    node_type: str
    description: str | UnsetType = UNSET
    product_id: str
    product_name: str
    status: str
    tags: list[ShownTag]


class AuthInfoRes(msgspec.Struct, kw_only=True):
    """How a device proves itself, with its secrets in the clear, as the platform shows them."""

    auth_type: str
    secret: str | UnsetType = UNSET
    secondary_secret: str | UnsetType = UNSET
    fingerprint: str | UnsetType = UNSET
    secondary_fingerprint: str | UnsetType = UNSET
    secure_access: bool
    timeout: int


class Device(DeviceSummary, kw_only=True):
    """A device as create, show and update answer it."""

    auth_info: AuthInfoRes
    create_time: str
    connection_status_update_time: str | UnsetType = UNSET
    active_time: str | UnsetType = UNSET
    extension_info: dict[str, Any] | UnsetType = UNSET


class Devices(msgspec.Struct):
    """Reply of ListDevices."""

    devices: list[DeviceSummary]
    page: Page


class SecretReply(msgspec.Struct, kw_only=True):
    """Reply of ResetDeviceSecret."""

    device_id: str
    secret: str
    secret_type: str


class FingerprintReply(msgspec.Struct, kw_only=True):
    """Reply of ResetFingerprint."""

    device_id: str
    fingerprint: str | UnsetType = UNSET
    fingerprint_type: str


class Resource(msgspec.Struct):
    """A resource that has one of the tags."""

    resource_id: str


class Resources(msgspec.Struct):
    """Reply of ListResourcesByTags."""

    resources: list[Resource]
    page: Page
