"""ROMA Connect LINK's types, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Violation

# Source: seed 004 "Creating a Product" unless a line says otherwise.
# DOC BUG: the English page forgets Chinese characters in names; the Chinese page and its example have them.
NAME = r"\A[\u4e00-\u9fa5A-Za-z0-9_-]+\Z"
ID = r"\A[A-Za-z0-9_-]+\Z"
MODEL = r"\A[A-Za-z0-9_\-. ]+\Z"


def trim(value: Any) -> Any:
    """Leading and trailing spaces are ignored (Creating a Product, model)."""
    return value.strip(" ") if isinstance(value, str) else value


def floor(value: Any) -> Any:
    """A fraction is rounded down (Creating a Product, template_id)."""
    return (
        int(value // 1)
        if isinstance(value, float) and value == value and abs(value) < 1e18
        else value
    )


Name = Annotated[
    str,
    Meta(
        min_length=1, max_length=64, pattern=NAME, description="Product name, unique in a tenant."
    ),
]
ManufacturerId = Annotated[
    str, Meta(min_length=1, max_length=64, pattern=ID, description="Product manufacturer ID.")
]
ManufacturerName = Annotated[
    str, Meta(min_length=1, max_length=64, description="Manufacturer name.")
]
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
Text32 = Annotated[str, Meta(max_length=32)]
Description = Annotated[str, Meta(max_length=200, description="Product description.")]
Floored = Annotated[int, Meta(ge=1, le=999_999_999_999_999_999, extra={"mend": floor})]


class Address(msgspec.Struct):
    """Where every call goes."""

    project_id: Annotated[
        str, Meta(max_length=64, description="Project ID; `default` names the caller's own.")
    ]
    instance_id: Annotated[
        str, Meta(max_length=64, description="Instance ID; `default` names the only one.")
    ]


class CreateProduct(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateProduct. Unknown members, such as `status` of the page's example, are ignored."""

    app_id: Annotated[str, Meta(min_length=1, max_length=36, description="Application ID.")]
    name: Name
    manufacturer_id: ManufacturerId
    manufacturer_name: ManufacturerName
    model: Model
    product_type: Annotated[
        Literal[0, 1], Meta(description="0: common product, 1: gateway product.")
    ]
    protocol_type: Annotated[
        Literal[0, 1, 2, 4, 5],
        Meta(description="0: mqtt, 1: CoAP, 2: modbus, 4: opcua, 5: extended protocol."),
    ]
    description: Description | None = None
    device_type: Annotated[str, Meta(max_length=32, description="Device type.")] | None = None
    template_id: Floored | None = None
    version: Annotated[str, Meta(max_length=32, description="Model version.")] | None = None
    data_format: Annotated[Literal[0, 1], Meta(description="0: JSON, 1: USER_DEFINED.")] = 0

    @staticmethod
    def _model_is_trimmed(self: CreateProduct) -> list[Violation]:
        # The fast decoder does not trim: say so, and the walker takes the text again, trimmed.
        return [Violation(("model",), "rule", "trim")] if self.model != trim(self.model) else []

    __rules__ = (_model_is_trimmed,)


class UserName(msgspec.Struct):
    """A user as ROMA shows it."""

    user_id: str
    user_name: str


class Authentication(msgspec.Struct):
    """One-model-one-secret credentials."""

    user_name: str
    password: str


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


class Refusal(msgspec.Struct):
    """Every refusal's body."""

    error_code: str
    error_msg: str
    request_id: str
