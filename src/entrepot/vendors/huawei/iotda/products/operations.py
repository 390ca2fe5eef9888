"""IoTDA's operations: where each lives, what goes in and out, which use case it is."""

from __future__ import annotations

from entrepot.core.products import registry
from entrepot.dialect.operation import Operation
from entrepot.vendors.huawei.iotda import common
from entrepot.vendors.huawei.iotda.common import B
from entrepot.vendors.huawei.iotda.products import convert, use_cases, wire

EXAMPLE = {
    "name": "Thermometer",
    "device_type": "Thermometer",
    "protocol_type": "MQTT",
    "data_format": "json",
    "service_capabilities": [
        {
            "service_id": "temperature",
            "service_type": "temperature",
            "properties": [
                {
                    "property_name": "temperature",
                    "data_type": "decimal",
                    "required": True,
                    "min": "1",
                    "max": "100",
                    "step": 0.1,
                    "unit": "centigrade",
                    "method": "RW",
                }
            ],
        }
    ],
}

PRODUCTS: tuple[Operation, ...] = (
    Operation(
        name="CreateProduct",
        method="POST",
        path=f"{B}/products",
        summary="Create a product",
        source="documented",
        page="Create a Product",
        params=common.ProjectAddress,
        body=wire.CreateProduct,
        reply=wire.Product,
        status=201,
        writes=True,
        permission="product:create",
        take=convert.draft,
        run=registry.shown(use_cases.create),
        give=convert.product,
        example=EXAMPLE,
    ),
    Operation(
        name="ListProducts",
        method="GET",
        path=f"{B}/products",
        summary="List products, newest first",
        source="documented",
        page="Query the Product List",
        params=wire.ListProductsQuery,
        reply=wire.Products,
        permission="product:read",
        take=convert.query,
        run=use_cases.list_products,
        give=convert.products,
    ),
    Operation(
        name="ShowProduct",
        method="GET",
        path=f"{B}/products/{{product_id}}",
        summary="Show a product",
        source="documented",
        page="Query a Product",
        params=wire.ProductAddress,
        reply=wire.Product,
        permission="product:read",
        take=convert.ref,
        run=registry.shown(use_cases.get),
        give=convert.product,
    ),
    Operation(
        name="UpdateProduct",
        method="PUT",
        path=f"{B}/products/{{product_id}}",
        summary="Change a product; what is left out stays, services are replaced as a whole",
        source="documented",
        page="Modify a Product",
        params=wire.ProductAddress,
        body=wire.UpdateProduct,
        reply=wire.Product,
        writes=True,
        permission="product:update",
        take=convert.change,
        run=registry.shown(use_cases.update),
        give=convert.product,
        example={"description": "A thermometer"},
    ),
    Operation(
        name="DeleteProduct",
        method="DELETE",
        path=f"{B}/products/{{product_id}}",
        summary="Delete a product that has no devices",
        source="documented",
        page="Delete a Product",
        params=wire.ProductAddress,
        status=204,
        writes=True,
        permission="product:delete",
        take=convert.ref,
        run=use_cases.delete,
        give=lambda product, caller: None,
    ),
)
