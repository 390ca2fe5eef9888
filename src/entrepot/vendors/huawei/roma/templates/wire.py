"""Product templates and product topics; knows no canonical word."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from entrepot.vendors.huawei.roma.common import NAME, Address, Description, Made, Paging, UserName
from entrepot.vendors.huawei.roma.products.wire import ProductAddress

# What MQTT gives a meaning to cannot stand in a topic's name. INFERRED: no page lists its characters.
TOPIC = r"\A[^+#\s$]+\Z"
VERSION = r"\A[A-Za-z0-9._/\\-]+\Z"


class TemplateAddress(Address, kw_only=True):
    """A template's own calls."""

    product_template_id: Annotated[int, Meta(description="Product template ID.")]


class WriteTemplate(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateProductTemplate and UpdateProductTemplate.

    DOC BUG: `name` has 2-64 characters on the older page and 1-64 on the newer; `status` is
    mandatory and has a default.
    """

    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=NAME)]
    status: Annotated[Literal[0, 1], Meta(description="0: enabled, 1: disabled.")] | None = None
    description: Description | None = None


class ListTemplates(Made, kw_only=True):
    """Filters of ListProductTemplates."""

    id: int | None = None
    name: str | None = None
    status: int | None = None


class ProductTemplate(msgspec.Struct, kw_only=True):
    """A template as ROMA answers it."""

    id: int
    name: str
    description: str | None
    status: int
    created_user: UserName
    last_updated_user: UserName
    created_datetime: int
    last_updated_datetime: int


class ProductTemplates(msgspec.Struct):
    """A page of templates."""

    total: int
    size: int
    items: list[ProductTemplate]


class TopicAddress(ProductAddress, kw_only=True):
    """A product topic's own calls."""

    topic_id: Annotated[int, Meta(description="Topic ID.")]


class ListTopics(Paging, kw_only=True):
    """Which part of a product's topics."""

    product_id: Annotated[int, Meta(description="Product ID.")]


class WriteTopic(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Body of CreateProductTopic and UpdateProductTopic.

    DOC BUG: `version` has 2-50 letters, digits, - and . in the SDK, and 1-64 with more characters on
    the newer page: the wider rule is taken.
    """

    permission: Annotated[Literal[0, 1], Meta(description="0: publish, 1: subscribe.")]
    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=TOPIC)]
    version: Annotated[str, Meta(min_length=1, max_length=64, pattern=VERSION)]
    description: Description | None = None
    with_prefix_slash: Annotated[
        bool, Meta(description="Whether the topic begins with a slash.")
    ] = True


class ProductTopic(msgspec.Struct, kw_only=True):
    """A topic as ROMA answers it; `topic_name` is `/{version}/${deviceId}/{name}`."""

    product_id: int
    topic_id: str | int  # a text where it is made and listed, a number where it is changed (SDK)
    permission: int
    topic_name: str
    version: str
    description: str | None


class ProductTopics(msgspec.Struct):
    """A page of topics."""

    total: int
    size: int
    items: list[ProductTopic]
