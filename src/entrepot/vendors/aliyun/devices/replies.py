"""Alibaba IoT's answers about devices, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.vendors.aliyun.common import Envelope


class Registered(msgspec.Struct, kw_only=True):
    """A device as RegisterDevice and QueryDeviceInfo answer it."""

    DeviceName: str
    DeviceSecret: str
    IotId: str
    Nickname: str
    ProductKey: str
    DevEui: str | UnsetType = UNSET
    JoinEui: str | UnsetType = UNSET


class RegisterDevice(Envelope, kw_only=True):
    """Answer of RegisterDevice and QueryDeviceInfo."""

    Data: Registered


class DeviceInfo(msgspec.Struct, kw_only=True):
    """A device in QueryDevice. DeviceId: of earlier versions, and the IotId's beginning."""

    DeviceId: str
    DeviceName: str
    DeviceSecret: str
    DeviceStatus: str
    GmtCreate: str
    GmtModified: str
    IotId: str
    Nickname: str
    ProductKey: str
    UtcCreate: str
    UtcModified: str


class DeviceInfos(msgspec.Struct, kw_only=True):
    """The wrapper of a list of devices."""

    DeviceInfo: list[DeviceInfo]


class QueryDevice(Envelope, kw_only=True):
    """Answer of QueryDevice. NextToken is empty on the last page."""

    Data: DeviceInfos
    Page: int
    PageCount: int
    PageSize: int
    Total: int
    NextToken: str


class SimpleDeviceInfo(msgspec.Struct, kw_only=True):
    """A device in QueryDeviceByStatus."""

    DeviceName: str
    DeviceSecret: str
    GmtCreate: str
    GmtModified: str
    IotId: str
    Nickname: str
    ProductKey: str
    Status: str
    UtcCreate: str
    UtcModified: str


class SimpleDeviceInfos(msgspec.Struct, kw_only=True):
    """The wrapper of that list."""

    SimpleDeviceInfo: list[SimpleDeviceInfo]


class QueryDeviceByStatus(Envelope, kw_only=True):
    """Answer of QueryDeviceByStatus."""

    Data: SimpleDeviceInfos
    Page: int
    PageCount: int
    PageSize: int
    Total: int


class Detail(msgspec.Struct, kw_only=True):
    """A device in BatchQueryDeviceDetail. What never happened is empty."""

    DeviceName: str
    DeviceSecret: str
    FirmwareVersion: str = ""
    GmtActive: str
    GmtCreate: str
    IotId: str
    Nickname: str
    NodeType: int
    ProductKey: str
    ProductName: str
    Region: str
    Status: str
    UtcActive: str
    UtcCreate: str


class Whole(Detail, kw_only=True):
    """A device as QueryDeviceDetail answers it."""

    GmtOnline: str
    IpAddress: str = ""
    Owner: bool = True
    UtcOnline: str


class QueryDeviceDetail(Envelope, kw_only=True):
    """Answer of QueryDeviceDetail."""

    Data: Whole


class Details(msgspec.Struct, kw_only=True):
    """The wrapper of a list of details."""

    Data: list[Detail]


class BatchQueryDeviceDetail(Envelope, kw_only=True):
    """Answer of BatchQueryDeviceDetail."""

    Data: Details


class StatusAt(msgspec.Struct, kw_only=True):
    """A status and since when it is so, in ms."""

    Status: str
    Timestamp: int


class GetDeviceStatus(Envelope, kw_only=True):
    """Answer of GetDeviceStatus."""

    Data: StatusAt


class DeviceStatus(msgspec.Struct, kw_only=True):
    """A device in BatchGetDeviceState."""

    AsAddress: str = ""
    DeviceId: str
    DeviceName: str
    IotId: str
    LastOnlineTime: str
    Status: str
    Timestamp: int


class DeviceStatuses(msgspec.Struct, kw_only=True):
    """The wrapper of that list."""

    DeviceStatus: list[DeviceStatus]


class BatchGetDeviceState(Envelope, kw_only=True):
    """Answer of BatchGetDeviceState."""

    DeviceStatusList: DeviceStatuses


class Statistics(msgspec.Struct, kw_only=True):
    """How many devices there are; the page spells these in lower case."""

    deviceCount: int
    activeCount: int
    onlineCount: int


class QueryDeviceStatistics(Envelope, kw_only=True):
    """Answer of QueryDeviceStatistics."""

    Data: Statistics


class QueryDeviceProp(Envelope, kw_only=True):
    """Answer of QueryDeviceProp: the tags as JSON in a text."""

    Props: str
