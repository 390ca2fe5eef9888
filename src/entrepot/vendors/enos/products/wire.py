"""EnOS's types, spelled as its pages spell them; knows no canonical word. Thing models: `model_wire`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.enos.common import Description, Organization, Reply, StringI18n, Tags, trimmed
from entrepot.vendors.enos.search.matching import PRODUCT_FIELDS
from entrepot.vendors.enos.search.wire import Page, Search, unsearchable

# Days that a certificate lives where nobody said otherwise (Create Product).
DEFAULT_VALID_DAY, MAX_VALID_DAY = 730, 1095
_LEAST_DAYS, _MOST_DAYS = 1, 3650
# The bounds hold with certificates only ("only applicable when"), so `days_violations` checks them.
ValidDay = Annotated[
    int,
    Meta(
        description="Days; ignored without certificates (biDirectionalAuth false).",
        extra_json_schema={"minimum": _LEAST_DAYS, "maximum": _MOST_DAYS},
    ),
]
Bidirectional = Annotated[
    bool, Meta(description="Whether devices prove themselves by certificate.")
]
Dynamic = Annotated[bool, Meta(description="Whether devices may activate with the product secret.")]


class ProductAddress(Organization, kw_only=True):
    """The product that a call is about."""

    productKey: Annotated[str, Meta(min_length=1, max_length=128, description="Product key.")]


_NOT_ANSWERED = (
    "must be false: the answer would hold the secret encrypted in a way that is not published;"
    " the v2.1 call of the same name answers it"
)


def _secret_is_not_required(asked: Any) -> list[Violation]:
    # The page says that the secret comes encrypted, with a session key, and not how. A text that the
    # caller could not decrypt would be worse than this refusal.
    return (
        [Violation(("requireSecret",), "rule", _NOT_ANSWERED, True)] if asked.requireSecret else []
    )


class ProductAddress24(ProductAddress, kw_only=True):
    """The same for v2.4."""

    requireSecret: Annotated[bool, Meta(description="Whether the secret is wanted.")] = False

    __rules__ = (_secret_is_not_required,)


def days_violations(default: int | None, most: int | None, most_now: int) -> list[Violation]:
    """Returns what is wrong with days that were sent for certificates.

    `most_now` is the maximum where none was sent.
    """
    found = []
    for name, days in (("defaultValidDay", default), ("maxValidDay", most)):
        if days is not None and days < _LEAST_DAYS:
            found.append(Violation((name,), "too_small", _LEAST_DAYS, days))
        elif days is not None and days > _MOST_DAYS:
            found.append(Violation((name,), "too_large", _MOST_DAYS, days))
    bound = most_now if most is None else most
    if not found and default is not None and default > bound:
        # INFERRED: no page says so; a certificate of that default would be refused by the maximum.
        words = f"must be at most maxValidDay, which is {bound}"
        found.append(Violation(("defaultValidDay",), "rule", words, default))
    return found


class CreateProduct(msgspec.Struct, kw_only=True):
    """Body of Create Product, both editions at once: the newer is the older with four more fields."""

    productName: StringI18n
    modelId: Annotated[str, Meta(min_length=1, description="A thing model that exists.")]
    productType: Annotated[Literal["Device", "Gateway"], Meta(description="Product type.")]
    dataFormat: Annotated[
        Literal["Custom", "Json"],
        Meta(description="Custom: devices speak a format of their own; Json: JSON."),
    ]
    biDirectionalAuth: Bidirectional
    productDesc: Description | None = None
    dynamicActivateEnabled: Dynamic | None = None
    productTags: Tags | None = None
    defaultValidDay: ValidDay | None = None
    maxValidDay: ValidDay | None = None

    @staticmethod
    def _tags(self: CreateProduct) -> list[Violation]:
        return trimmed(self.productTags)

    @staticmethod
    def _days(self: CreateProduct) -> list[Violation]:
        if not self.biDirectionalAuth:
            return []
        return days_violations(self.defaultValidDay, self.maxValidDay, MAX_VALID_DAY)

    __rules__ = (_tags, _days)


class UpdateProduct(msgspec.Struct, kw_only=True):
    """Body of Update Product: what is absent or null stays as it is."""

    productName: StringI18n | None = None
    productDesc: Description | None = None
    biDirectionalAuth: Bidirectional | None = None
    dynamicActivateEnabled: Dynamic | None = None
    productTags: Tags | None = None
    defaultValidDay: ValidDay | None = None
    maxValidDay: ValidDay | None = None

    @staticmethod
    def _tags(self: UpdateProduct) -> list[Violation]:
        return trimmed(self.productTags)

    __rules__ = (_tags,)


def _product_search(asked: Search) -> list[Violation]:
    return unsearchable(asked, PRODUCT_FIELDS)


class SearchProducts(Search, kw_only=True):
    """Body of Search Product."""

    __rules__ = (_product_search,)


class SearchProducts24(Search, kw_only=True):
    """The same for v2.4."""

    requireSecret: bool = False

    __rules__ = (_product_search, _secret_is_not_required)


class Product(msgspec.Struct, kw_only=True):
    """A product as EnOS shows it. Times are milliseconds since 1970."""

    orgId: str
    productKey: str
    productName: StringI18n
    productSecret: str | msgspec.UnsetType = msgspec.UNSET
    productDesc: str | None
    productType: str
    dataFormat: str
    productTags: dict[str, str]
    modelId: str | None
    # DOC BUG: the struct table says dynamicActiveEnabled, Get Product's sample and every request say
    # dynamicActivateEnabled. Both are answered.
    dynamicActivateEnabled: bool
    dynamicActiveEnabled: bool
    biDirectionalAuth: bool
    defaultValidDay: int | None
    maxValidDay: int | None
    createBy: str
    createTime: int
    updateBy: str
    updateTime: int


class ProductReply(Reply, kw_only=True):
    """Get Product."""

    data: Product


class ProductPage(Reply, kw_only=True):
    """Search Product. With a projection its results have the named fields only."""

    data: Annotated[list[Any], Meta(description="Products, or the projected fields of each.")]
    pagination: Page
