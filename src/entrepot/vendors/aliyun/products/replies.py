"""Alibaba IoT's answers, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.vendors.aliyun.common import Envelope, Tags


class Created(msgspec.Struct, kw_only=True):
    """A product as CreateProduct answers it.

    DataFormat, NodeType and ProtocolType: only of the edition iothub_senior.
    """

    Description: str | UnsetType = UNSET
    DataFormat: int | UnsetType = UNSET
    ProtocolType: str | UnsetType = UNSET
    ProductKey: str
    ProductSecret: str
    NodeType: int | UnsetType = UNSET
    ProductName: str
    AliyunCommodityCode: str
    AuthType: str
    ResourceGroupId: str | UnsetType = UNSET
    Id2: bool


class CreateProduct(Envelope, kw_only=True):
    """Answer of CreateProduct."""

    Data: Created
    ProductKey: str


class Queried(msgspec.Struct, kw_only=True):
    """A product as QueryProduct answers it.

    CategoryKey, CategoryName, DataFormat, NodeType, ProtocolType: only of the edition iothub_senior.
    """

    AliyunCommodityCode: str
    AuthType: str
    CategoryKey: str | UnsetType = UNSET
    CategoryName: str | UnsetType = UNSET
    DataFormat: int | UnsetType = UNSET
    Description: str | UnsetType = UNSET
    DeviceCount: int
    GmtCreate: int
    Id2: bool
    NetType: int
    NodeType: int | UnsetType = UNSET
    Owner: bool
    ProductKey: str
    ProductName: str
    ProductSecret: str
    ProductStatus: str
    ProtocolType: str | UnsetType = UNSET
    ValidateType: int


class QueryProduct(Envelope, kw_only=True):
    """Answer of QueryProduct."""

    Data: Queried


class ProductInfo(msgspec.Struct, kw_only=True):
    """A product in QueryProductList."""

    AuthType: str
    DataFormat: int | UnsetType = UNSET
    Description: str | UnsetType = UNSET
    DeviceCount: int
    GmtCreate: int
    NodeType: int | UnsetType = UNSET
    ProductKey: str
    ProductName: str


class ProductInfos(msgspec.Struct, kw_only=True):
    """The wrapper of a list of products."""

    ProductInfo: list[ProductInfo]


class Page(msgspec.Struct, kw_only=True):
    """A page of products."""

    CurrentPage: int
    PageCount: int
    PageSize: int
    Total: int
    List: ProductInfos


class QueryProductList(Envelope, kw_only=True):
    """Answer of QueryProductList."""

    Data: Page


class ListProductTags(Envelope, kw_only=True):
    """Answer of ListProductTags."""

    Data: Tags


class TaggedProduct(msgspec.Struct, kw_only=True):
    """A product in ListProductByTags."""

    CreateTime: int
    Description: str | UnsetType = UNSET
    NodeType: int | UnsetType = UNSET
    ProductKey: str
    ProductName: str


class TaggedProducts(msgspec.Struct, kw_only=True):
    """The wrapper of that list."""

    ProductInfo: list[TaggedProduct]


class ListProductByTags(Envelope, kw_only=True):
    """Answer of ListProductByTags."""

    ProductInfos: TaggedProducts
