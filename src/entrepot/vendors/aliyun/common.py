"""Wire pieces that several topics of Alibaba's API share; knows no topic."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

MOST_VALUES = 200_000  # of a thing model: 21 modules of 300 features hold 30 each

ProductKey = Annotated[
    str,
    Meta(
        min_length=1,
        # INFERRED: eleven letters and digits in every sample; no page states it.
        pattern=r"\A[A-Za-z0-9]{11}\Z",
        description="ProductKey of the product.",
        extra={"words": "11 letters and digits"},
    ),
]
ResourceGroupId = Annotated[
    str, Meta(max_length=64, description="Resource group that the product belongs to.")
]
CurrentPage = Annotated[int, Meta(ge=1, description="Number of the page, from 1.")]


class Common(msgspec.Struct, kw_only=True):
    """What every action takes."""

    IotInstanceId: Annotated[str, Meta(description="ID of the instance.")] | None = None


class OneProduct(Common, kw_only=True):
    """Parameters of the actions on one product."""

    ProductKey: ProductKey


# `Code` stands in no success: one SDK (pop-core) throws on most of its values.
# Every wrapper with one member (`List.ProductInfo`) is exact: the Java SDK reads by these names.


class Envelope(msgspec.Struct, kw_only=True):
    """What every success holds."""

    RequestId: str
    Success: bool = True


class Tag(msgspec.Struct, kw_only=True):
    """A tag of a product."""

    TagKey: str
    TagValue: str


class Tags(msgspec.Struct, kw_only=True):
    """The wrapper of a list of tags."""

    ProductTag: list[Tag]


class BusinessRefusal(msgspec.Struct, kw_only=True):
    """A refusal by the service: always HTTP 200."""

    RequestId: str
    Success: bool = False
    Code: str
    ErrorMessage: str
    Message: str  # not on the page; one SDK (pop-core) reads only this one
    InvalidProductTags: Tags | UnsetType = UNSET


class GatewayRefusal(msgspec.Struct, kw_only=True):
    """A refusal by the gateway before it."""

    RequestId: str
    HostId: str
    Code: str
    Message: str
    Recommend: str
    AccessDeniedDetail: dict[str, str] | UnsetType = UNSET
