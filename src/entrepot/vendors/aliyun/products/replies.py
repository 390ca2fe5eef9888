"""Alibaba IoT's answers, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

# `Code` stands in no success: one SDK (pop-core) throws on most of its values.
# Every wrapper with one member (`List.ProductInfo`) is exact: the Java SDK reads by these names.


class Envelope(msgspec.Struct, kw_only=True):
    """What every success holds."""

    RequestId: str
    Success: bool = True


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


class Tag(msgspec.Struct, kw_only=True):
    """A tag of a product."""

    TagKey: str
    TagValue: str


class Tags(msgspec.Struct, kw_only=True):
    """The wrapper of a list of tags."""

    ProductTag: list[Tag]


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


class Category(msgspec.Struct, kw_only=True):
    """A category in ListThingTemplates."""

    CategoryKey: str
    CategoryName: str


class ListThingTemplates(Envelope, kw_only=True):
    """Answer of ListThingTemplates; `Data` is a plain array."""

    Data: list[Category]


class GetThingTemplate(Envelope, kw_only=True):
    """Answer of GetThingTemplate; the model is JSON in a text, its name in capitals."""

    ThingModelJSON: str


class ThingModel(msgspec.Struct, kw_only=True):
    """A module's features: JSON in a text."""

    ThingModelJson: str


class QueryThingModel(Envelope, kw_only=True):
    """Answer of QueryThingModel and QueryThingModelPublished."""

    Data: ThingModel
    ProductKey: str


class Tsl(msgspec.Struct, kw_only=True):
    """A module as TSL: JSON in a text.

    There is no TslUri: it names a copy in an object store, and here is none.
    """

    TslStr: str


class GetThingModelTsl(Envelope, kw_only=True):
    """Answer of GetThingModelTsl and GetThingModelTslPublished."""

    Data: Tsl


class ModelVersion(msgspec.Struct, kw_only=True):
    """A version of a thing model."""

    Description: str | UnsetType = UNSET
    GmtCreate: int
    ModelVersion: str


class ModelVersions(msgspec.Struct, kw_only=True):
    """The versions, newest first; a plain array."""

    ModelVersions: list[ModelVersion]


class ListThingModelVersion(Envelope, kw_only=True):
    """Answer of ListThingModelVersion."""

    Data: ModelVersions


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
