"""Alibaba IoT's operations: what each takes and answers, which use case it is, how often it may be called."""

from __future__ import annotations

from typing import Any

from entrepot.core.products import registry
from entrepot.dialect.operation import Call, Operation
from entrepot.vendors.aliyun.models import use_cases as thing_models
from entrepot.vendors.aliyun.products import convert, replies, use_cases, wire

DEEP = 100_000


def deep(call: Call) -> int | None:
    """Two calls a second once CurrentPage x PageSize is 100,000 or more (QueryProductList, QPS limits)."""
    return 2 if call.params.CurrentPage * call.params.PageSize >= DEEP else None


def action(name: str, **rest: Any) -> Operation:
    """An action. All live at `/`: GET is pop-core's default and the older SDK's for a CommonRequest."""
    return Operation(
        name=name, selector=name, page=name, method="POST", also=("GET",), path="/",
        source="documented", **rest,
    )  # fmt: skip


KEY = {"ProductKey": "a1FlqIQ7xYz"}
TAG = {"ProductTag.1.TagKey": "room", "ProductTag.1.TagValue": "kitchen"}

PRODUCTS: tuple[Operation, ...] = (
    action(
        "CreateProduct",
        summary="Create a product",
        params=wire.CreateProduct,
        reply=replies.CreateProduct,
        permission="product:create",
        writes=True,
        rate=50,
        take=convert.draft,
        run=thing_models.create,
        give=convert.created,
        example={
            "ProductName": "Light",
            "NodeType": 0,
            "AliyunCommodityCode": "iothub_senior",
            "DataFormat": 1,
            "CategoryKey": "Lighting",
        },
    ),
    action(
        "QueryProduct",
        summary="Show a product",
        params=wire.OneProduct,
        reply=replies.QueryProduct,
        permission="product:read",
        rate=50,
        take=convert.ref,
        run=use_cases.counted,
        give=convert.queried,
        example=KEY,
    ),
    action(
        "QueryProductList",
        summary="List products, newest first",
        params=wire.QueryProductList,
        reply=replies.QueryProductList,
        permission="product:read",
        rate=50,
        heavy=deep,
        take=convert.listing,
        run=use_cases.listed,
        give=convert.listed,
        example={"CurrentPage": 1, "PageSize": 20},
    ),
    action(
        "UpdateProduct",
        summary="Rename or describe a product",
        params=wire.UpdateProduct,
        reply=replies.Envelope,
        permission="product:update",
        writes=True,
        rate=10,
        take=convert.update,
        run=registry.update,
        give=convert.done,
        example={**KEY, "ProductName": "Lamp"},
    ),
    action(
        "DeleteProduct",
        summary="Delete a product",
        params=wire.OneProduct,
        reply=replies.Envelope,
        permission="product:delete",
        writes=True,
        rate=500,
        take=convert.ref,
        run=use_cases.delete,
        give=convert.done,
        example=KEY,
    ),
    action(
        "ReleaseProduct",
        summary="Release a product: from now on its thing model stays as it is",
        params=wire.OneProduct,
        reply=replies.Envelope,
        permission="product:update",
        writes=True,
        rate=50,
        take=convert.ref,
        run=use_cases.release,
        give=convert.done,
        example=KEY,
    ),
    action(
        "CancelReleaseProduct",
        summary="Take back the release of a product",
        params=wire.OneProduct,
        reply=replies.Envelope,
        permission="product:update",
        writes=True,
        rate=50,
        take=convert.ref,
        run=use_cases.cancel_release,
        give=convert.done,
        example=KEY,
    ),
)

TAGS: tuple[Operation, ...] = (
    action(
        "CreateProductTags",
        summary="Set tags of a product",
        params=wire.SetProductTags,
        reply=replies.Envelope,
        permission="product:update",
        writes=True,
        rate=500,
        take=convert.tags,
        run=use_cases.retag,
        give=convert.done,
        example={**KEY, **TAG},
    ),
    action(
        "UpdateProductTags",
        summary="Change tags that a product has",
        params=wire.SetProductTags,
        reply=replies.Envelope,
        permission="product:update",
        writes=True,
        rate=500,
        take=convert.known_tags,
        run=use_cases.retag,
        give=convert.done,
        example={**KEY, **TAG},
    ),
    action(
        "DeleteProductTags",
        summary="Remove tags of a product",
        params=wire.DeleteProductTags,
        reply=replies.Envelope,
        permission="product:update",
        writes=True,
        rate=500,
        take=convert.dropped_tags,
        run=use_cases.retag,
        give=convert.done,
        example={**KEY, "ProductTagKey.1": "room"},
    ),
    action(
        "ListProductTags",
        summary="List the tags of a product",
        params=wire.OneProduct,
        reply=replies.ListProductTags,
        permission="product:read",
        rate=500,
        take=convert.ref,
        run=registry.get,
        give=convert.tag_list,
        example=KEY,
    ),
    action(
        "ListProductByTags",
        summary="List products that have any of some tags, newest first",
        params=wire.ListProductByTags,
        reply=replies.ListProductByTags,
        permission="product:read",
        rate=500,
        take=convert.search,
        run=use_cases.tagged,
        give=convert.tagged,
        example=TAG,
    ),
)
