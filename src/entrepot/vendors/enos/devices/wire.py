"""EnOS's types of devices, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.enos.common import Organization, Reply, StringI18n, Tags, trimmed
from entrepot.vendors.enos.search.matching import DEVICE_FIELDS, Fields
from entrepot.vendors.enos.search.wire import Page, Search, unsearchable

# Source: the pages of API 2.1 to 3.0 and the official samples, unless a line says otherwise.
DeviceKey = Annotated[
    str,
    Meta(
        min_length=4,
        max_length=64,
        # DOC BUG: one page allows a colon and the limits of 3.0 do not; it is taken.
        pattern=r"\A[A-Za-z0-9_.:-]+\Z",
        description="Device key, unique in its product.",
        extra={"words": "letters, digits, hyphens, underscores, full stops and colons"},
    ),
]
# INFERRED: the form is checked, not whether there is such a zone.
Timezone = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=64,
        pattern=r"\A(?:[+-][0-9]{2}:[0-9]{2}|[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*)\Z",
        description="+08:00 or Asia/Shanghai.",
        extra={"words": "an offset such as +08:00 or a name such as Asia/Shanghai"},
    ),
]
Attributes = Annotated[
    dict[Annotated[str, Meta(min_length=1, max_length=128)], Any],
    Meta(max_length=1000, description="Values of the thing model's attributes."),
]
DeviceDesc = Annotated[str, Meta(max_length=512, description="Device description.")]
AnyKey = Annotated[str, Meta(min_length=1, max_length=256)]


def _selected(sent: DeviceAddress | DeviceId) -> list[Violation]:
    """`assetId`, or `productKey` and `deviceKey`."""
    if sent.assetId:
        return []
    if not sent.productKey and not sent.deviceKey:
        return [Violation(("assetId",), "missing")]
    names = ("productKey", "deviceKey")
    return [Violation((name,), "missing") for name in names if not getattr(sent, name)]


class DeviceAddress(Organization, kw_only=True):
    """The device that a call is about. INFERRED: of all three, assetId wins."""

    assetId: Annotated[AnyKey, Meta(description="Asset ID.")] | None = None
    productKey: AnyKey | None = None
    deviceKey: AnyKey | None = None

    __rules__ = (_selected,)


class UpdateAddress(DeviceAddress, kw_only=True):
    """The same of Update Device. Python's samples send True and False."""

    # DOC BUG: with a capital in the samples, without one on some pages; both are taken.
    IsPatchUpdate: Literal["True", "true", "False", "false"] = "True"
    isPatchUpdate: Literal["True", "true", "False", "false"] = "True"


class StatsAddress(Organization, kw_only=True):
    """Query of Get Device Statistics."""

    productKey: AnyKey | None = None


class CreateDevice(msgspec.Struct, kw_only=True):
    """Body of Create Device; without a deviceKey one is made."""

    productKey: AnyKey
    timezone: Timezone
    deviceName: StringI18n
    deviceKey: DeviceKey | None = None
    deviceAttributes: Attributes | None = None
    deviceDesc: DeviceDesc | None = None
    deviceTags: Tags | None = None

    @staticmethod
    def _tags(self: CreateDevice) -> list[Violation]:
        return trimmed(self.deviceTags, "deviceTags")

    __rules__ = (_tags,)


class UpdateDevice(msgspec.Struct, kw_only=True):
    """Body of Update Device: in a patch, what is absent or null stays as it is."""

    timezone: Timezone | None = None
    deviceName: StringI18n | None = None
    deviceAttributes: Attributes | None = None
    deviceDesc: DeviceDesc | None = None
    deviceTags: Tags | None = None

    @staticmethod
    def _tags(self: UpdateDevice) -> list[Violation]:
        return trimmed(self.deviceTags, "deviceTags")

    __rules__ = (_tags,)


class ReplaceDevice(msgspec.Struct, kw_only=True):
    """Body of Replace Device."""

    newDeviceKey: DeviceKey


def _device_search(asked: Search) -> list[Violation]:
    return unsearchable(asked, DEVICE_FIELDS)


class SearchDevices(Search, kw_only=True):
    """Body of Search Device."""

    __rules__ = (_device_search,)


class DeviceId(msgspec.Struct, kw_only=True):
    """A device in a body."""

    assetId: AnyKey | None = None
    productKey: AnyKey | None = None
    deviceKey: AnyKey | None = None

    __rules__ = (_selected,)


class SubDevices(msgspec.Struct, kw_only=True):
    """Body of Add and Remove Sub-devices."""

    gateway: DeviceId
    # INFERRED: at most 1,000, as of other batches.
    subDevices: Annotated[list[DeviceId], Meta(min_length=1, max_length=1000)]


class SubDevice(msgspec.Struct, kw_only=True):
    """Body of Get Gateway."""

    subDevice: DeviceId


_SUB_FIELDS: Fields = {k: v for k, v in DEVICE_FIELDS.items() if k != "productType"}


def _sub_search(asked: Search) -> list[Violation]:
    return unsearchable(asked, _SUB_FIELDS)


class SearchSubDevices(Search, kw_only=True):
    """Body of Search Sub-device: what Search Device has but `productType`."""

    gateway: DeviceId

    __rules__ = (_sub_search,)


# --- answers -------------------------------------------------------------------------------------


class Nothing(Reply, kw_only=True):
    """An answer that says no more than that it is done."""

    data: None = None


class Created(msgspec.Struct):
    """A new device's names and secret."""

    assetId: str
    productKey: str
    deviceKey: str
    deviceSecret: str


class CreatedReply(Reply, kw_only=True):
    """Create Device and Replace Device."""

    data: Created


class Device(msgspec.Struct, kw_only=True):
    """A device as EnOS shows it. Times are milliseconds since 1970, 0: never."""

    orgId: str
    assetId: str
    modelId: str | None
    modelIdPath: str | None
    productKey: str
    productName: StringI18n
    productType: str
    dataFormat: str
    deviceKey: str
    deviceName: StringI18n
    deviceSecret: str
    deviceDesc: str | None
    timezone: str
    deviceAttributes: dict[str, Any]
    deviceTags: dict[str, str]
    firmwareVersion: str | None = None
    mirrorSource: str | None = None
    createTime: int
    status: str
    activeTime: int
    lastOnlineTime: int
    lastOfflineTime: int
    measurepointLastUpdate: int | None = None
    eventLastUpdate: int | None = None
    attributeLastUpdate: int | None = None
    featureLastUpdate: int | None = None


class DeviceReply(Reply, kw_only=True):
    """Get Device, Get Gateway."""

    data: Device


class DevicePage(Reply, kw_only=True):
    """Search Device. With a projection its results have the named fields only."""

    data: Annotated[list[Any], Meta(description="Devices, or the projected fields of each.")]
    pagination: Page


class Stats(msgspec.Struct):
    """How many devices there are, by status."""

    totalCount: int
    onlineCount: int
    offlineCount: int
    inactiveCount: int
    disabledCount: int


class StatsReply(Reply, kw_only=True):
    """Get Device Statistics."""

    data: Stats
