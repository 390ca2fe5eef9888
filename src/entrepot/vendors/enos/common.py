"""Wire pieces that several topics of EnOS's APIs share; knows no topic."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation

MOST_VALUES = 200_000  # of a thing model: 5,000 measurement points of 40 values each
# What a tenant may set: the code of a model that is unknown, which differs between editions.
UNKNOWN_MODEL_CODE = "enos.unknown_model_code"
# What NotFound is called for an unknown model in Create Product: the editions differ in its code.
MODEL_OF_PRODUCT, MODEL_OF_PRODUCT_2019 = "model of product", "model of product, 2019"

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
Description = Annotated[str, Meta(max_length=512, description="Product description.")]


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


def translations(name: StringI18n) -> dict[str, str]:
    """The translations that there are."""
    return {k: v for k, v in (name.i18nValue or {}).items() if v is not None}
