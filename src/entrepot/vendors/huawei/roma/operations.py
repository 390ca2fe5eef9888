"""ROMA's operations: where each lives, what goes in and out, which use case it is."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from entrepot.core import registry
from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.roma import convert, wire

B = "/v2/{project_id}/link/instances/{instance_id}"


class ProductAddress(wire.Address):
    """A product's own calls."""

    product_id: Annotated[int, Meta(ge=0, description="Product ID.")]


EXAMPLE = {
    "app_id": "{app_id}",
    "name": "device",
    "manufacturer_id": "10001",
    "manufacturer_name": "test",
    "model": "model1",
    "product_type": 0,
    "protocol_type": 0,
    "device_type": "Default",
}

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        name="CreateProduct",
        method="POST",
        path=f"{B}/products",
        summary="Create a product",
        source="documented",
        page="Creating a Product",
        params=wire.Address,
        body=wire.CreateProduct,
        reply=wire.Product,
        status=201,
        writes=True,
        permission="product:create",
        take=convert.draft,
        run=registry.shown(registry.create),
        give=convert.product,
        example=EXAMPLE,
    ),
    Operation(
        name="ShowProduct",
        method="GET",
        path=f"{B}/products/{{product_id}}",
        summary="Show a product",
        source="documented",
        page="Querying Product Details",
        params=ProductAddress,
        reply=wire.Product,
        permission="product:read",
        take=convert.ref,
        run=registry.shown(registry.get),
        give=convert.product,
    ),
    Operation(
        name="DeleteProduct",
        method="DELETE",
        path=f"{B}/products/{{product_id}}",
        summary="Delete a product",
        source="documented",
        page="Deleting a Product",
        params=ProductAddress,
        status=204,
        writes=True,
        permission="product:delete",
        take=convert.ref,
        run=registry.delete,
        give=lambda product, caller: None,
    ),
)
