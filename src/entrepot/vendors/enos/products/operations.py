"""EnOS's operations: where each lives, what goes in and out, which use case it is.

GET and POST are both taken everywhere: the pages say POST for most, while the vendor's Python SDK
sends GET whenever a call has no body, and official samples delete with it.
"""

from __future__ import annotations

from functools import partial

from entrepot.core.products import registry
from entrepot.dialect.operation import Operation
from entrepot.vendors.enos.devices.operations import DEVICES
from entrepot.vendors.enos.models import convert as model_convert
from entrepot.vendors.enos.models import use_cases as thing_models
from entrepot.vendors.enos.models import wire as model_wire
from entrepot.vendors.enos.products import convert, use_cases, wire

PRODUCTS = "/connect-service/v2.1/products"
PRODUCTS_24 = "/connect-service/v2.4/products"
MODELS = "/model-service/v2.1/thing-models"
MODELS_22 = "/model-service/v2.2/thing-models"

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
SEARCH_EXAMPLE = {
    "expression": "productName like 'AlterTest'",
    "pagination": {"pageNo": 1, "pageSize": 10},
}
SEARCH_MODELS_EXAMPLE = {
    "expression": "modelId in ('Inverter', 'EnergyMeter')",
    "pagination": {"pageNo": 1, "pageSize": 10},
    "projection": ["modelId", "name.defaultValue", "measurepoints.*.unit"],
}
UPDATE_MODEL_EXAMPLE = {
    "modelId": "Boiler",
    "desc": "a boiler with a flow meter",
    "featuresToDelete": ["oldFlow"],
    "measurepoints": {
        "flow": {
            "identifier": "flow",
            "name": {"defaultValue": "Flow", "i18nValue": {"zh_CN": "流量"}},
            "dataType": "DOUBLE",
            "unit": {"unitId": "m³/h", "multiplier": "ONE"},
            "hasQuality": True,
            "signalType": "AI",
        }
    },
}

_get = partial(
    Operation, method="GET", also=("POST",), source="documented", permission="product:read"
)
_post = partial(Operation, method="POST", also=("GET",), source="documented")
_search = partial(_post, permission="product:read", selector="search", example=SEARCH_EXAMPLE)
_get_model = partial(
    _get,
    selector="get",
    permission="model:read",
    page="Get Thing Model",
    params=model_wire.ModelAddress,
    reply=model_wire.ThingModelReply,
    take=model_convert.wanted,
    run=thing_models.get,
    give=model_convert.shown,
)
_search_models = partial(
    _post,
    selector="search",
    permission="model:read",
    page="Search Thing Model",
    example=SEARCH_MODELS_EXAMPLE,
    params=model_wire.ModelScope,
    body=wire.SearchModels,
    reply=model_wire.ThingModelPage,
    take=model_convert.search,
    run=thing_models.search,
    give=model_convert.found,
)

OPERATIONS: tuple[Operation, ...] = (
    _post(
        name="CreateProduct",
        path=PRODUCTS,
        selector="create",
        summary="Create a product",
        page="Create Product",
        params=wire.Organization,
        body=wire.CreateProduct,
        reply=wire.Text,
        writes=True,
        permission="product:create",
        take=convert.draft,
        run=use_cases.create,
        give=convert.key,
        example=CREATE_EXAMPLE,
    ),
    _get(
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
    _post(
        name="UpdateProduct",
        path=PRODUCTS,
        selector="update",
        summary="Change what is given of a product",
        page="Update Product",
        params=wire.ProductAddress,
        body=wire.UpdateProduct,
        reply=wire.Text,
        writes=True,
        permission="product:update",
        take=convert.change,
        run=registry.update,
        give=convert.key,
        example={"productDesc": "as it is now"},
    ),
    _search(
        name="SearchProduct",
        path=PRODUCTS,
        summary="Find products, newest first",
        page="Search Product",
        params=wire.Organization,
        body=wire.SearchProducts,
        reply=wire.ProductPage,
        take=convert.search,
        run=use_cases.search,
        give=convert.found,
    ),
    _post(
        name="DeleteProduct",
        path=PRODUCTS,
        selector="delete",
        summary="Delete a product that has no devices",
        page="Delete Product",
        params=wire.ProductAddress,
        reply=wire.Text,
        writes=True,
        permission="product:delete",
        take=convert.ref,
        run=registry.delete,
        give=convert.key,
    ),
    _get(
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
    _search(
        name="SearchProductV24",
        path=PRODUCTS_24,
        summary="Find products, without their secrets",
        page="Search Product (2.4)",
        params=wire.Organization,
        body=wire.SearchProducts24,
        reply=wire.ProductPage,
        take=convert.search,
        run=use_cases.search,
        give=convert.found_without_secrets,
    ),
    _get_model(name="GetThingModel", path=MODELS, summary="Show a thing model"),
    _get_model(name="GetThingModelV22", path=MODELS_22, summary="Show a thing model"),
    _search_models(name="SearchThingModel", path=MODELS, summary="Find thing models"),
    _search_models(name="SearchThingModelV22", path=MODELS_22, summary="Find thing models"),
    *(
        _post(
            name=name,
            path=path,
            selector="update",
            summary="Change one of the organization's own thing models",
            page="Update Thing Model",
            params=model_wire.ModelUpdate,
            body=model_wire.UpdateThingModel,
            reply=wire.Text,
            writes=True,
            permission="model:update",
            take=model_convert.change,
            run=thing_models.update,
            give=model_convert.changed,
            example=UPDATE_MODEL_EXAMPLE,
        )
        for name, path in (("UpdateThingModel", MODELS), ("UpdateThingModelV22", MODELS_22))
    ),
    *DEVICES,
)
