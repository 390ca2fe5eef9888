"""EnOS's operations: where each lives, what goes in and out, which use case it is.

GET and POST are both taken everywhere: the pages say POST for most, while the vendor's Python SDK
sends GET whenever a call has no body, and official samples delete with it.
"""

from __future__ import annotations

from entrepot.core.products import registry
from entrepot.dialect.operation import Operation
from entrepot.vendors.enos import common
from entrepot.vendors.enos.actions import get, post, search
from entrepot.vendors.enos.products import convert, use_cases, wire

PRODUCTS = "/connect-service/v2.1/products"
PRODUCTS_24 = "/connect-service/v2.4/products"

CREATE_EXAMPLE = {
    "productDesc": "openapi_sdk_create_test",
    "biDirectionalAuth": False,
    "modelId": "AlterTest0615",
    "dataFormat": "Custom",
    "productName": {"defaultValue": "AlterTest0615_Product", "i18nValue": {}},
    "productType": "Device",
    "dynamicActivateEnabled": False,
    "productTags": {"key1": "v1"},
}

PRODUCT_OPERATIONS: tuple[Operation, ...] = (
    post(
        name="CreateProduct",
        path=PRODUCTS,
        selector="create",
        summary="Create a product",
        page="Create Product",
        params=common.Organization,
        body=wire.CreateProduct,
        reply=common.Text,
        writes=True,
        permission="product:create",
        take=convert.draft,
        run=use_cases.create,
        give=convert.key,
        example=CREATE_EXAMPLE,
    ),
    get(
        name="GetProduct",
        path=PRODUCTS,
        selector="get",
        summary="Show a product and its secret",
        page="Get Product",
        params=wire.ProductAddress,
        reply=wire.ProductReply,
        take=convert.ref,
        run=registry.get,
        give=convert.shown,
    ),
    post(
        name="UpdateProduct",
        path=PRODUCTS,
        selector="update",
        summary="Change what is given of a product",
        page="Update Product",
        params=wire.ProductAddress,
        body=wire.UpdateProduct,
        reply=common.Text,
        writes=True,
        permission="product:update",
        take=convert.change,
        run=registry.update,
        give=convert.key,
        example={"productDesc": "as it is now"},
    ),
    search(
        name="SearchProduct",
        path=PRODUCTS,
        summary="Find products, newest first",
        page="Search Product",
        params=common.Organization,
        body=wire.SearchProducts,
        reply=wire.ProductPage,
        take=convert.search,
        run=use_cases.search,
        give=convert.found,
    ),
    post(
        name="DeleteProduct",
        path=PRODUCTS,
        selector="delete",
        summary="Delete a product that has no devices",
        page="Delete Product",
        params=wire.ProductAddress,
        reply=common.Text,
        writes=True,
        permission="product:delete",
        take=convert.ref,
        run=registry.delete,
        give=convert.key,
    ),
    get(
        name="GetProductV24",
        path=PRODUCTS_24,
        selector="get",
        summary="Show a product without its secret",
        page="Get Product (2.4)",
        params=wire.ProductAddress24,
        reply=wire.ProductReply,
        take=convert.ref,
        run=registry.get,
        give=convert.shown_without_secret,
    ),
    search(
        name="SearchProductV24",
        path=PRODUCTS_24,
        summary="Find products, without their secrets",
        page="Search Product (2.4)",
        params=common.Organization,
        body=wire.SearchProducts24,
        reply=wire.ProductPage,
        take=convert.search,
        run=use_cases.search,
        give=convert.found_without_secrets,
    ),
)
