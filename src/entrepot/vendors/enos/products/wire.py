"""EnOS's types, spelled as its pages spell them; knows no canonical word. Thing models: `model_wire`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.enos.search import projection
from entrepot.vendors.enos.search.expression import ExpressionError, parse
from entrepot.vendors.enos.search.matching import MODEL_FIELDS, PRODUCT_FIELDS, Fields, check

# Source: seeds 000 and 001 "Create Product" unless a line says otherwise.
PRODUCT_PAGE_SIZE = 200  # Search Product, pageSize

# INFERRED: locales are ll_CC everywhere; what the vendor does with one it does not translate to is
# on no page, so every well-formed one is kept.
Locale = Annotated[
    str,
    Meta(
        max_length=16,
        pattern=r"\A[a-z]{2,3}_[A-Z][A-Za-z0-9]{1,7}\Z",
        extra={"words": "a language and a country, as zh_CN does"},
    ),
]
Translation = Annotated[str, Meta(max_length=64)]


class StringI18n(msgspec.Struct):
    """A name with translations. `i18nValue` may be absent, null or hold empty texts (samples)."""

    # The limits page also forbids <>;@*%&\ in names, but official samples create products with
    # them, so it is a rule of the console alone.
    defaultValue: Annotated[
        str, Meta(min_length=1, max_length=64, description="Shown where a language is missing.")
    ]
    i18nValue: (
        Annotated[
            dict[Locale, Translation | None],
            Meta(max_length=64, description="Locale (zh_CN) to translation."),
        ]
        | None
    ) = None


def _tag_value(value: str) -> str | None:
    return "must have no space at either end" if value != value.strip() else None


# Source: EnOS API FAQs "How to use tags" and the 2.4 limits.
TagKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=50,
        pattern=r"\A[A-Za-z0-9_/-]+\Z",
        extra={"words": "letters, digits, underscores, slashes and hyphens"},
    ),
]
TagValue = Annotated[str, Meta(max_length=200)]
Tags = Annotated[
    dict[TagKey, TagValue],
    Meta(max_length=100, description="Tags. A change replaces all of them."),
]
ValidDay = Annotated[
    int, Meta(ge=1, le=3650, description="Days; of use with certificates (biDirectionalAuth) only.")
]
Description = Annotated[str, Meta(max_length=512, description="Product description.")]
Bidirectional = Annotated[
    bool, Meta(description="Whether devices prove themselves by certificate.")
]
Dynamic = Annotated[bool, Meta(description="Whether devices may activate with the product secret.")]


def trimmed(tags: dict[str, str] | None, name: str = "productTags") -> list[Violation]:
    """A tag's value neither begins nor ends with a space (EnOS API FAQs)."""
    return [
        Violation((name, key), "rule", words, value)
        for key, value in (tags or {}).items()
        if (words := _tag_value(value))
    ]


class Organization(msgspec.Struct):
    """What every call's query carries."""

    orgId: Annotated[str, Meta(min_length=1, description="Organization ID.")]
    action: Annotated[str, Meta(description="Which call of the resource is meant.")] = ""


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
    # INFERRED: that the default is no more than the maximum is on no page, so it is not asked for.
    defaultValidDay: ValidDay | None = None
    maxValidDay: ValidDay | None = None

    @staticmethod
    def _tags(self: CreateProduct) -> list[Violation]:
        return trimmed(self.productTags)

    __rules__ = (_tags,)


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


class Pagination(msgspec.Struct, kw_only=True):
    """Which page of a search. `sorters` is taken and without effect (Search Product)."""

    pageNo: Annotated[int, Meta(ge=1, le=1_000_000_000, description="Counted from 1.")] = 1
    # INFERRED: more than the page's maximum is refused; the vendor may clamp it instead.
    pageSize: Annotated[int, Meta(ge=1, le=PRODUCT_PAGE_SIZE)] = 10
    sorters: Any = None


class Search(msgspec.Struct, kw_only=True):
    """Body of a search. `projection` is undocumented for products, but official samples send it."""

    expression: Annotated[str, Meta(description="Conditions; empty: everything.")] | None = None
    pagination: Pagination | None = None
    projection: list[str] | None = None


def unsearchable(asked: Search, fields: Fields) -> list[Violation]:
    """What the expression asks of other fields than these, or in a way that they do not take."""
    found = []
    if asked.expression and asked.expression.strip():
        try:
            problems = check(parse(asked.expression), fields)
        except ExpressionError as error:
            problems = []
            found.append(Violation(("expression",), "rule", f"cannot be read {error}"))
        found += [Violation(("expression",), "rule", f"cannot ask {p}") for p in problems]
    paths = projection.read(asked.projection or [])
    if isinstance(paths, projection.BadPath):
        found.append(Violation(("projection",), "rule", f"cannot hold {paths}"))
    return found


def _product_search(asked: Search) -> list[Violation]:
    return unsearchable(asked, PRODUCT_FIELDS)


def _model_search(asked: SearchModels) -> list[Violation]:
    found = unsearchable(asked, MODEL_FIELDS)
    if asked.relationFilter is not None:
        words = "must be left out: no model here inherits from another"
        found.append(Violation(("relationFilter",), "rule", words))
    return found


class SearchProducts(Search, kw_only=True):
    """Body of Search Product."""

    __rules__ = (_product_search,)


class SearchProducts24(Search, kw_only=True):
    """The same for v2.4."""

    requireSecret: bool = False

    __rules__ = (_product_search, _secret_is_not_required)


class SearchModels(Search, kw_only=True):
    """Body of Search Thing Model."""

    relationFilter: Any = None  # of later editions: models by the models that they inherit from

    __rules__ = (_model_search,)


# --- answers -------------------------------------------------------------------------------------


class Reply(msgspec.Struct, kw_only=True):
    """What every answer begins with."""

    code: int = 0
    msg: str = "OK"
    requestId: str = ""


class Refusal(msgspec.Struct, kw_only=True):
    """What every refusal is; the gateway's have a `message` besides."""

    code: int
    msg: str
    requestId: str
    data: None
    message: str | msgspec.UnsetType = msgspec.UNSET


class Text(Reply, kw_only=True):
    """An answer that is one text: a product key, a model id."""

    data: str


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


class Page(msgspec.Struct, kw_only=True):
    """Where in a search's results its answer stands."""

    sortedBy: str | None = None
    pageNo: int
    pageSize: int
    totalSize: int


class ProductReply(Reply, kw_only=True):
    """Get Product."""

    data: Product


class ProductPage(Reply, kw_only=True):
    """Search Product. With a projection its results have the named fields only."""

    data: Annotated[list[Any], Meta(description="Products, or the projected fields of each.")]
    pagination: Page
