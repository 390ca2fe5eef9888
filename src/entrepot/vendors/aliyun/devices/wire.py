"""Alibaba IoT's parameters of actions on devices, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

import json
from typing import Annotated, Literal

import jiter
import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.dialect.rules import Holds, Wide
from entrepot.dialect.validator import check_free
from entrepot.vendors.aliyun.characters import CHINESE, JAPANESE
from entrepot.vendors.aliyun.common import (
    Common,
    CurrentPage,
    OneProduct,
    ProductKey,
    ResourceGroupId,
)
from entrepot.vendors.aliyun.handles import token_of

# Source: the pages of the actions and alibabacloud-iot20180120 5.1.0, unless a line says otherwise.
PROPS_BYTES = 5 * 1024
MOST_PROPS = 100


def props_of(text: str) -> dict[str, str] | None:
    """The tags in the text; None where it is no object of names and single values."""
    try:
        found = jiter.from_json(text.encode(), allow_inf_nan=False)
    except ValueError:
        return None
    if not isinstance(found, dict) or check_free(found, ()):
        return None
    tags = {}
    for name, value in found.items():
        if not name:
            return None
        # INFERRED: numbers and truth values are kept as they are spelled.
        if isinstance(value, bool | int | float):
            value = json.dumps(value)
        if not isinstance(value, str):
            return None
        tags[name] = value
    return tags


def _are_props(text: str) -> str | None:
    tags = props_of(text)
    if tags is None:
        return 'must be a JSON object of texts, such as {"color":"red","shape":"round"}'
    if not 1 <= len(tags) <= MOST_PROPS:
        return f"must hold 1 to {MOST_PROPS} tags"
    return None


def _is_a_token(text: str) -> str | None:
    return None if token_of(text) is not None else "is not one that QueryDevice answered"


DeviceName = Annotated[
    str,
    Meta(
        min_length=4,
        max_length=32,
        pattern=r"\A[A-Za-z0-9\-_@.:]+\Z",
        description="Name of the device, unique in its product.",
        extra={"words": "letters, digits and the characters - _ @ . :"},
    ),
]
# Not held to a new device's characters: devices that another dialect made can be named, too.
AnyName = Annotated[str, Meta(min_length=1, max_length=256, description="Name of the device.")]
IotId = Annotated[str, Meta(min_length=1, max_length=64, description="ID of the device.")]
# Japanese characters: the Chinese page of BatchRegisterDeviceWithApplyId, which has the same aliases
_NICK = f"[{CHINESE}{JAPANESE}A-Za-z0-9_]"


def _nickname(most: int, empty: bool = False) -> Meta:
    return Meta(
        pattern=rf"\A{_NICK}{'*' if empty else '+'}\Z",
        description=f"Alias of the device: 4 to {most} columns of Chinese and Japanese characters,"
        " letters, digits and underscores.",
        extra={
            "rules": (Wide(0 if empty else 4, most),),
            "words": "Chinese and Japanese characters, letters, digits and underscores",
        },
    )


def selector_is_whole(sent: OneDevice | Renamed | BatchGetDeviceState) -> list[Violation]:
    """IotId, or ProductKey and DeviceName. INFERRED: the codes are those of an empty parameter."""
    if sent.IotId:
        return []
    names = ("ProductKey", "DeviceName")
    return [Violation((name,), "empty") for name in names if not getattr(sent, name)][:1]


class OneDevice(Common, kw_only=True):
    """Parameters of the actions on one device; IotId wins over the other two."""

    IotId: IotId | None = None
    ProductKey: ProductKey | None = None
    DeviceName: AnyName | None = None

    __rules__ = (selector_is_whole,)


class RegisterDevice(OneProduct, kw_only=True):
    """Parameters of RegisterDevice. Of LoRaWAN's the keys are taken and not kept."""

    DeviceName: DeviceName | None = None
    Nickname: Annotated[str, _nickname(64)] | None = None
    DevEui: Annotated[str, Meta(max_length=64, description="LoRaWAN DevEUI.")] | None = None
    JoinEui: Annotated[str, Meta(max_length=64, description="LoRaWAN JoinEUI.")] | None = None
    PinCode: Annotated[str, Meta(max_length=64, description="LoRaWAN PIN code.")] | None = None
    AppKey: Annotated[str, Meta(max_length=64, description="LoRaWAN AppKey.")] | None = None
    LoraNodeType: Literal["ALIYUNDEFINED", "USERDEFINED"] | None = None

    @staticmethod
    def _lora(self: RegisterDevice) -> list[Violation]:
        # What each sort of node needs (RegisterDevice, LoraNodeType)
        needed = {
            "ALIYUNDEFINED": ("DevEui", "PinCode"),
            "USERDEFINED": ("DevEui", "JoinEui", "AppKey"),
        }.get(self.LoraNodeType or "", ())
        why = f"LoraNodeType is {self.LoraNodeType}"
        return [Violation((n,), "missing", why) for n in needed if not getattr(self, n)]

    __rules__ = (_lora,)


PageSize = Annotated[int, Meta(ge=1, le=50, description="Devices a page.")]


class QueryDevice(OneProduct, kw_only=True):
    """Parameters of QueryDevice."""

    CurrentPage: CurrentPage = 1
    PageSize: PageSize = 10
    NextToken: (
        Annotated[
            str,
            Meta(
                max_length=64,
                description="Where the page before ended.",
                extra={"rules": (Holds(_is_a_token),)},
            ),
        ]
        | None
    ) = None


class QueryDeviceByStatus(Common, kw_only=True):
    """Parameters of QueryDeviceByStatus."""

    Status: Annotated[
        Literal[0, 1, 3, 8], Meta(description="0: inactive, 1: online, 3: offline, 8: disabled.")
    ]
    ProductKey: ProductKey | None = None
    CurrentPage: CurrentPage = 1
    PageSize: PageSize = 10
    ResourceGroupId: ResourceGroupId | None = None


class QueryDeviceStatistics(Common, kw_only=True):
    """Parameters of QueryDeviceStatistics. There are no groups, so a group has no devices."""

    ProductKey: ProductKey | None = None
    GroupId: Annotated[str, Meta(max_length=64, description="ID of a group.")] | None = None


class BatchQueryDeviceDetail(OneProduct, kw_only=True):
    """Parameters of BatchQueryDeviceDetail."""

    DeviceName: Annotated[list[AnyName], Meta(min_length=1, max_length=100)]


class BatchGetDeviceState(Common, kw_only=True):
    """Parameters of BatchGetDeviceState; IotId wins over the other two."""

    ProductKey: ProductKey | None = None
    DeviceName: Annotated[list[AnyName], Meta(max_length=50)] | None = None
    IotId: Annotated[list[IotId], Meta(max_length=50)] | None = None

    __rules__ = (selector_is_whole,)


class Renamed(msgspec.Struct, kw_only=True):
    """A device and its new alias; without one it has none."""

    IotId: IotId | None = None
    ProductKey: ProductKey | None = None
    DeviceName: AnyName | None = None
    Nickname: Annotated[str, _nickname(32, empty=True)] | None = None

    __rules__ = (selector_is_whole,)


class BatchUpdateDeviceNickname(Common, kw_only=True):
    """Parameters of BatchUpdateDeviceNickname."""

    # INFERRED: at most 100; no page gives a number.
    DeviceNicknameInfo: Annotated[list[Renamed], Meta(min_length=1, max_length=100)]


class SaveDeviceProp(OneDevice, kw_only=True):
    """Parameters of SaveDeviceProp."""

    Props: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=PROPS_BYTES,
            description='Tags as JSON: {"color":"red"}. `abc` is reserved: it is never shown.',
            extra={"rules": (Holds(_are_props),)},
        ),
    ]


class DeleteDeviceProp(OneDevice, kw_only=True):
    """Parameters of DeleteDeviceProp; a key that is not there is ignored."""

    PropKey: Annotated[str, Meta(min_length=1, max_length=256, description="Key of the tag.")]
