"""IoTDA's thing model, `service_capabilities`, spelled as its pages spell it; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.dialect.check import Leniency
from entrepot.dialect.rules import Unique

# Source: seed 003 "Create a Product", tables 3 to 9, and huaweicloudsdkiotda 3.1.219.
# DOC BUG: the English pages forget the Chinese characters that the Chinese pages and the SDK allow.
# INFERRED: which they are; these are the unified ideographs and their first extension.
CJK = "\u3400-\u4dbf\u4e00-\u9fff"
NAME_CLASS = rf"{CJK}A-Za-z0-9_?'#().,&%@!\-"
SERVICE_CLASS = rf"{NAME_CLASS}$"
# The English and the Chinese list differ: their union is taken. INFERRED: what counts as a space.
TEXT_CLASS = rf"{CJK}A-Za-z0-9 \t\r\n\f\v_?'#().,;&%@!:$\[\]~/，、：；。\-"

NAME = rf"\A[{NAME_CLASS}]+\Z"
SERVICE = rf"\A[{SERVICE_CLASS}]+\Z"
TEXT = rf"\A[{TEXT_CLASS}]*\Z"

SERVICES, MEMBERS = 500, 500

Name32 = Annotated[str, Meta(min_length=1, max_length=32, pattern=NAME)]
Name64 = Annotated[str, Meta(min_length=1, max_length=64, pattern=NAME)]
Name128 = Annotated[str, Meta(min_length=1, max_length=128, pattern=NAME)]
ServiceName = Annotated[str, Meta(min_length=1, max_length=64, pattern=SERVICE)]
# Mandatory, but Terraform's provider sends an empty text where its user gave none: the service id.
ServiceType = Annotated[str, Meta(max_length=64, pattern=rf"\A[{SERVICE_CLASS}]*\Z")]
Description = Annotated[str, Meta(max_length=128, pattern=TEXT)]
BOUND = 16  # characters
Bound = Annotated[str, Meta(min_length=1, max_length=BOUND)]
Unit = Annotated[str, Meta(max_length=16)]
# The range is that of Terraform's provider; the page gives none.
Length = Annotated[int, Meta(ge=0, le=2_147_483_647)]
Step = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | float  # whole numbers stay whole

DataType = Literal[
    "int", "long", "decimal", "string", "DateTime", "jsonObject", "enum", "boolean", "string list"
]
Method = Literal["RWE", "RW", "RE", "WE", "E", "W", "R"]
Option = Literal["Master", "Mandatory", "Optional"]


class ServiceCommandPara(msgspec.Struct, kw_only=True):
    """A parameter of a command, a response or an event."""

    para_name: Name32
    data_type: DataType
    required: bool = False
    enum_list: list[str] | UnsetType | None = UNSET
    min: Bound | UnsetType | None = UNSET
    max: Bound | UnsetType | None = UNSET
    max_length: Length | UnsetType | None = UNSET
    step: Step | UnsetType | None = UNSET
    unit: Unit | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET


class ServiceProperty(msgspec.Struct, kw_only=True):
    """A property. Nothing in it is checked against its data type: the platform does not either."""

    property_name: Name64
    data_type: DataType
    required: bool = False
    enum_list: list[str] | UnsetType | None = UNSET
    min: Bound | UnsetType | None = UNSET
    max: Bound | UnsetType | None = UNSET
    max_length: Length | UnsetType | None = UNSET
    step: Step | UnsetType | None = UNSET
    unit: Unit | UnsetType | None = UNSET
    method: Method
    description: Description | UnsetType | None = UNSET
    default_value: msgspec.Raw | UnsetType = UNSET  # any JSON, kept to the letter


class ServiceCommandResponse(msgspec.Struct, kw_only=True):
    """What a device answers to a command."""

    response_name: Name128
    paras: list[ServiceCommandPara] | UnsetType | None = UNSET


class ServiceCommand(msgspec.Struct, kw_only=True):
    """A command."""

    command_name: Name64
    paras: list[ServiceCommandPara] | UnsetType | None = UNSET
    responses: list[ServiceCommandResponse] | UnsetType | None = UNSET


class ServiceEvent(msgspec.Struct, kw_only=True):
    """An event."""

    event_type: Name32
    paras: list[ServiceCommandPara] | UnsetType | None = UNSET


Properties = Annotated[
    list[ServiceProperty],
    Meta(max_length=MEMBERS, extra={"rules": (Unique("property_name"),)}),
]
Commands = Annotated[
    list[ServiceCommand],
    Meta(max_length=MEMBERS, extra={"rules": (Unique("command_name"),)}),
]
Events = Annotated[
    list[ServiceEvent],
    Meta(max_length=MEMBERS, extra={"rules": (Unique("event_type"),)}),
]


class ServiceCapability(msgspec.Struct, kw_only=True):
    """A service: properties, commands and events under one id."""

    service_id: ServiceName
    service_type: ServiceType
    properties: Properties | UnsetType | None = UNSET
    commands: Commands | UnsetType | None = UNSET
    events: Events | UnsetType | None = UNSET
    description: Description | UnsetType | None = UNSET
    option: Option = "Optional"


Services = Annotated[
    list[ServiceCapability],
    Meta(
        max_length=SERVICES,
        description="Service capabilities of the device.",
        extra={"rules": (Unique("service_id"),)},
    ),
]


# INFERRED: Jackson on the other side takes a number for a String, as ROMA's page shows it does;
# the SDK sends `min=1` as a number.
LENIENT = Leniency(number_as_text=True)
