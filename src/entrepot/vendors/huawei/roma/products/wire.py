"""Products and their credentials; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Violation
from entrepot.vendors.huawei.roma.common import (
    ID,
    NAME,
    Address,
    Authentication,
    Description,
    Floored,
    Made,
    Password,
    UserName,
    UserNameGiven,
    password_is_long_enough,
    trim,
    user_name_is_long_enough,
)

# Source: "Creating a Product" unless a line says otherwise.
MODEL = r"\A[A-Za-z0-9_\-. ]+\Z"

Name = Annotated[
    str,
    Meta(
        min_length=1, max_length=64, pattern=NAME, description="Product name, unique in a tenant."
    ),
]
# INFERRED: this page gives no characters for it; those of "Modifying a Product" are taken.
ManufacturerId = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=ID, description="Product manufacturer ID.")
]
ManufacturerName = Annotated[
    str, Meta(min_length=1, max_length=64, description="Manufacturer name.")
]
# DOC BUG: "Modifying a Product" has no period among the characters; what can be made can be kept.
Model = Annotated[
    str,
    Meta(
        min_length=2,
        max_length=50,
        pattern=MODEL,
        description="Product model. Spaces at either end are ignored.",
        extra={"mend": trim},
    ),
]
DeviceType = Annotated[str, Meta(max_length=32, description="Device type.")]
Version = Annotated[str, Meta(max_length=32, description="Model version.")]
ProtocolType = Annotated[
    Literal[0, 1, 2, 4, 5],
    Meta(description="0: mqtt, 1: CoAP, 2: modbus, 4: opcua, 5: extended protocol."),
]


# The example of "Creating a Product" sends 0 and calls it enabled. INFERRED: 1, from templates and devices.
Status = Annotated[Literal[0, 1], Meta(description="0: enabled, 1: disabled.")]


class ProductAddress(Address, kw_only=True):
    """A product's own calls."""

    product_id: Annotated[int, Meta(description="Product ID.")]


def model_is_trimmed(body: CreateProduct | UpdateProduct) -> list[Violation]:
    """The fast decoder does not trim: say so, and the walker takes the text again, trimmed."""
    return [Violation(("model",), "rule", "trim")] if body.model != trim(body.model) else []


class CreateProduct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateProduct. `status`: only in the page's example."""

    app_id: Annotated[str, Meta(min_length=1, max_length=36, description="Application ID.")]
    name: Name
    manufacturer_id: ManufacturerId
    manufacturer_name: ManufacturerName
    model: Model
    product_type: Annotated[
        Literal[0, 1], Meta(description="0: common product, 1: gateway product.")
    ]
    protocol_type: ProtocolType
    description: Description | None = None
    device_type: DeviceType | None = None
    template_id: Floored | None = None
    version: Version | None = None
    data_format: Annotated[Literal[0, 1], Meta(description="0: JSON, 1: USER_DEFINED.")] = 0
    status: Status | None = None

    __rules__ = (model_is_trimmed,)


class UpdateProduct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of UpdateProduct. What is absent among the optional members stays as it is (INFERRED)."""

    name: Name
    # DOC BUG: 2-50 and 2-64 characters here, no least length on creating. What create takes, update takes.
    manufacturer_id: ManufacturerId
    manufacturer_name: ManufacturerName
    model: Model
    # DOC BUG: mandatory and with a default ("Default Type") in the same line.
    device_type: DeviceType | None = None
    description: Description | None = None
    version: Version | None = None
    status: Status | None = None  # INFERRED: on no page; what create takes, update takes

    __rules__ = (model_is_trimmed,)


class ListProducts(Made, kw_only=True):
    """Filters of ListProducts."""

    app_id: str | None = None
    id: Annotated[str | None, Meta(description="Product ID, as text.")] = None
    name: str | None = None
    manufacturer_id: str | None = None
    manufacturer_name: str | None = None
    model: str | None = None
    device_type: str | None = None
    product_type: int | None = None
    protocol_type: int | None = None
    app_name: str | None = None
    product_serial: str | None = None


class ResetAuthentication(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of ResetProductAuthentication. An empty member stays; both empty: a new password is made."""

    user_name: UserNameGiven | None = None
    password: Password | None = None

    __rules__ = (user_name_is_long_enough, password_is_long_enough)


class Product(msgspec.Struct, kw_only=True):
    """A product as ROMA answers it. `status` and `last_updated_datetime`: only in the page's sample."""

    permissions: list[str]
    id: int
    product_serial: str
    app_id: str
    name: str
    manufacturer_id: str
    manufacturer_name: str
    model: str
    product_type: int
    description: str | None
    protocol_type: int
    device_type: str
    version: str | None
    status: int
    created_user: UserName
    last_updated_user: UserName
    authentication: Authentication | UnsetType = UNSET
    created_datetime: int
    last_updated_datetime: int
    app_name: str
    data_format: int
    template_id: int | None
    template_name: str | None
    sync_template_date: int | None


class Products(msgspec.Struct):
    """A page of products; `total` counts all that match."""

    total: int
    size: int
    items: list[Product]


class DevicesSummary(msgspec.Struct):
    """How many devices a product has."""

    summary: int
