"""IoTDA's products and resource spaces, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.vendors.huawei.iotda.common import AppId, Id, Name, Page, ProjectAddress
from entrepot.vendors.huawei.iotda.formats.wire import NAME, NAME_CLASS, TEXT, Services

# Source: seed 003 "Create a Product" and huaweicloudsdkiotda 3.1.219, unless a line says otherwise.
ProtocolType = Literal[
    "MQTT", "CoAP", "HTTP", "HTTPS", "Modbus", "ONVIF", "OPC-UA", "OPC-DA", "TCP", "UDP", "Other"
]
# DOC BUG: mandatory, and "the default value is json": left out, it is json.
PayloadFormat = Literal["json", "binary"]
DeviceType = Annotated[
    str, Meta(min_length=1, max_length=32, pattern=NAME, description="Device type.")
]
# Optional texts may be empty: a client has no other way to take one back (the SDK sends no null).
_EMPTY_OR_NAME = rf"\A[{NAME_CLASS}]*\Z"
ManufacturerName = Annotated[
    str, Meta(max_length=32, pattern=_EMPTY_OR_NAME, description="Manufacturer name.")
]
Industry = Annotated[
    str, Meta(max_length=64, pattern=_EMPTY_OR_NAME, description="Industry of the device.")
]
Description = Annotated[str, Meta(max_length=128, pattern=TEXT, description="Product description.")]


class ProductAddress(ProjectAddress, kw_only=True):
    """One product. `app_id` is not read where the body has one (UpdateProduct)."""

    product_id: Id
    app_id: AppId | None = None


class ListProductsQuery(ProjectAddress, kw_only=True):
    """Query of ListProducts."""

    limit: Annotated[int, Meta(ge=1, le=50, description="Records a page.")] = 10
    marker: Annotated[
        str,
        Meta(pattern=r"\A[0-9A-Fa-f]{24}\Z", description="Last record of the page before."),
    ] = "f" * 24
    offset: Annotated[int, Meta(ge=0, le=500, description="Records to skip.")] = 0
    app_id: AppId | None = None
    product_name: Name | None = None


class CreateProduct(msgspec.Struct, kw_only=True, gc=False):
    """Body of CreateProduct. Unknown members are ignored."""

    product_id: Id | None = None
    name: Name
    device_type: DeviceType
    protocol_type: ProtocolType
    data_format: PayloadFormat = "json"
    service_capabilities: Services
    manufacturer_name: ManufacturerName | None = None
    industry: Industry | None = None
    description: Description | None = None
    app_id: AppId | None = None


class UpdateProduct(msgspec.Struct, kw_only=True):
    """Body of UpdateProduct: what is left out, or null, stays."""

    app_id: AppId | None = None
    name: Name | None = None
    device_type: DeviceType | None = None
    protocol_type: ProtocolType | None = None
    data_format: PayloadFormat | None = None
    service_capabilities: Services | None = None
    manufacturer_name: ManufacturerName | None = None
    industry: Industry | None = None
    description: Description | None = None


class ProductSummary(msgspec.Struct, kw_only=True):
    """A product in a list."""

    app_id: str
    app_name: str
    product_id: str
    name: str
    device_type: str
    protocol_type: str
    data_format: str
    manufacturer_name: str | UnsetType = UNSET
    industry: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    create_time: str


class Product(ProductSummary, kw_only=True):
    """A product as create, show and update answer it."""

    service_capabilities: msgspec.Raw


class Products(msgspec.Struct):
    """Reply of ListProducts."""

    products: list[ProductSummary]
    page: Page
