"""Alibaba IoT's request parameters, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.dialect.rules import Unique, Wide
from entrepot.vendors.aliyun.characters import CHINESE
from entrepot.vendors.aliyun.common import Common, CurrentPage, OneProduct, ResourceGroupId
from entrepot.vendors.aliyun.models.wire import CategoryKey

ProductName = Annotated[
    str,
    Meta(
        min_length=1,
        # DOC BUG: the English page leaves out the Chinese characters that the Chinese one permits.
        pattern=rf"\A[{CHINESE}A-Za-z0-9_]+\Z",
        description="Name of the product, unique in the instance: 4 to 30 columns of Chinese"
        " characters, letters, digits and underscores.",
        # One Chinese character counts as two (CreateProduct, ProductName).
        extra={
            "rules": (Wide(4, 30),),
            "words": "Chinese characters, letters, digits and underscores",
        },
    ),
]
Edition = Annotated[
    Literal["iothub_senior", "iothub"],
    Meta(description="Edition: `iothub_senior` has a thing model, `iothub` has none."),
]
TagKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=30,
        pattern=r"\A[A-Za-z0-9.]+\Z",
        description="Key of the tag. `abc` is reserved: it is never shown.",
        extra={"words": "letters, digits and dots"},
    ),
]
TagValue = Annotated[
    str,
    Meta(
        min_length=1,
        # DOC BUG: newer English pages leave out Chinese characters, and some pages the dot. Both stand in
        # CreateProductTags (document_detail/101839), and the former in UpdateProductTags (101862).
        pattern=rf"\A[{CHINESE}A-Za-z0-9_.-]+\Z",
        description="Value of the tag: 1 to 128 columns.",
        extra={
            # One Chinese character counts as two (UpdateProductTags, TagValue).
            "rules": (Wide(1, 128),),
            "words": "Chinese characters, letters, digits, underscores, hyphens and dots",
        },
    ),
]


class CreateProduct(Common, kw_only=True):
    """Parameters of CreateProduct, in the page's order."""

    NodeType: Annotated[Literal[0, 1], Meta(description="0: device, 1: gateway.")]
    ProductName: ProductName
    # DOC BUG: newer pages require it beside iothub_senior, this one does not.
    # INFERRED: the default, Alink JSON.
    DataFormat: Annotated[Literal[0, 1], Meta(description="0: custom, 1: Alink JSON.")] = 1
    Description: Annotated[str, Meta(max_length=100, description="Description.")] | None = None
    # Only such products can be created, says the page (CreateProduct, AliyunCommodityCode);
    # `iothub` is one of the values that its answer shows.
    AliyunCommodityCode: Edition = "iothub_senior"
    Id2: Annotated[
        bool, Meta(description="Internet Device ID; AuthType overrules it where they differ.")
    ] = False
    ProtocolType: (
        Annotated[
            Literal["modbus", "opc-ua", "customize", "ble", "zigbee"],
            Meta(description="Protocol towards a gateway, for products of sub-devices."),
        ]
        | None
    ) = None
    NetType: Annotated[
        Literal["WIFI", "CELLULAR", "ETHERNET", "LORA", "OTHER"],
        Meta(description="How devices reach the network."),
    ] = "WIFI"
    JoinPermissionId: (
        Annotated[
            str, Meta(max_length=64, description="Network access credential, needed with LORA.")
        ]
        | None
    ) = None
    ResourceGroupId: ResourceGroupId | None = None
    AuthType: Annotated[
        Literal["secret", "id2", "x509"], Meta(description="How devices prove themselves.")
    ] = "secret"
    CategoryKey: CategoryKey | None = None
    PublishAuto: Annotated[
        bool, Meta(description="Publish the thing model after the product is made.")
    ] = True
    ValidateType: Annotated[
        Literal[1, 2], Meta(description="Check of device data: 1 weak, 2 none.")
    ] = 1

    @staticmethod
    def _lora(self: CreateProduct) -> list[Violation]:
        found = []
        if self.NetType == "LORA" and not self.JoinPermissionId:
            # Required with LORA (CreateProduct, JoinPermissionId)
            found.append(Violation(("JoinPermissionId",), "missing", "NetType is LORA"))
        if self.NetType == "LORA" and self.AuthType != "secret":
            # Unavailable with LORA (CreateProduct, AuthType)
            found.append(
                Violation(
                    ("AuthType",),
                    "rule",
                    f"must be secret: {self.AuthType} is unavailable with LORA",
                )
            )
        return found

    @staticmethod
    def _edition(self: CreateProduct) -> list[Violation]:
        if self.AliyunCommodityCode == "iothub" and self.CategoryKey is not None:
            # With a CategoryKey the category's model is used, and iothub has none (CreateProduct, CategoryKey)
            why = (
                "must not be given with AliyunCommodityCode=iothub, which has no thing model:"
                " leave it out, or set AliyunCommodityCode to iothub_senior"
            )
            return [Violation(("CategoryKey",), "rule", why)]
        return []

    __rules__ = (_lora, _edition)


class QueryProductList(Common, kw_only=True):
    """Parameters of QueryProductList."""

    CurrentPage: CurrentPage
    PageSize: Annotated[int, Meta(ge=1, le=200, description="Products a page.")]
    AliyunCommodityCode: Edition | None = None
    ResourceGroupId: ResourceGroupId | None = None


class UpdateProduct(OneProduct, kw_only=True):
    """Parameters of UpdateProduct; without a Description the old one stays."""

    ProductName: ProductName
    Description: Annotated[str, Meta(max_length=100, description="Description.")] | None = None


class Tag(msgspec.Struct, kw_only=True):
    """A tag of a product."""

    TagKey: TagKey
    TagValue: TagValue


class SetProductTags(OneProduct, kw_only=True):
    """Parameters of CreateProductTags and UpdateProductTags."""

    ProductTag: Annotated[
        list[Tag],
        Meta(
            min_length=1,
            max_length=10,
            description="At most 10 tags.",
            extra={"rules": (Unique("TagKey"),)},
        ),
    ]


class DeleteProductTags(OneProduct, kw_only=True):
    """Parameters of DeleteProductTags."""

    ProductTagKey: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=30)]],
        Meta(min_length=1, max_length=10, description="At most 10 keys; unknown ones are ignored."),
    ]


class Sought(msgspec.Struct, kw_only=True):
    """A tag to look for: by its key alone, or with its value."""

    # Not held to a new tag's letters: tags that another dialect set can be found, too.
    TagKey: Annotated[str, Meta(min_length=1, max_length=256, description="Key of the tag.")]
    TagValue: Annotated[str, Meta(max_length=256, description="Value of the tag.")] | None = None


class ListProductByTags(Common, kw_only=True):
    """Parameters of ListProductByTags."""

    # INFERRED: at most 10, as in the actions that set tags.
    ProductTag: Annotated[
        list[Sought],
        Meta(min_length=1, max_length=10, description="Tags, any of which the product has."),
    ]
    # INFERRED: the first page, and 10 as in QueryDevice.
    CurrentPage: CurrentPage = 1
    PageSize: Annotated[int, Meta(ge=1, le=50, description="Products a page.")] = 10
