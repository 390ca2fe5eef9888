"""EnOS's operations on thing models."""

from __future__ import annotations

from functools import partial

from entrepot.dialect.operation import Operation
from entrepot.vendors.enos import common
from entrepot.vendors.enos.actions import get, post
from entrepot.vendors.enos.models import convert, use_cases, wire

MODELS = "/model-service/v2.1/thing-models"
MODELS_22 = "/model-service/v2.2/thing-models"
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
_get_model = partial(
    get,
    selector="get",
    permission="model:read",
    page="Get Thing Model",
    params=wire.ModelAddress,
    reply=wire.ThingModelReply,
    take=convert.model_ref,
    run=use_cases.get,
    give=convert.shown,
)
_search_models = partial(
    post,
    selector="search",
    permission="model:read",
    page="Search Thing Model",
    example=SEARCH_MODELS_EXAMPLE,
    params=wire.ModelScope,
    body=wire.SearchModels,
    reply=wire.ThingModelPage,
    take=convert.search,
    run=use_cases.search,
    give=convert.found,
)

MODEL_OPERATIONS: tuple[Operation, ...] = (
    _get_model(name="GetThingModel", path=MODELS, summary="Show a thing model"),
    _get_model(name="GetThingModelV22", path=MODELS_22, summary="Show a thing model"),
    _search_models(name="SearchThingModel", path=MODELS, summary="Find thing models"),
    _search_models(name="SearchThingModelV22", path=MODELS_22, summary="Find thing models"),
    *(
        post(
            name=name,
            path=path,
            selector="update",
            summary="Change one of the organization's own thing models",
            page="Update Thing Model",
            params=wire.ModelUpdate,
            body=wire.UpdateThingModel,
            reply=common.Text,
            writes=True,
            permission="model:update",
            take=convert.change,
            run=use_cases.update,
            give=convert.changed,
            example=UPDATE_MODEL_EXAMPLE,
        )
        for name, path in (("UpdateThingModel", MODELS), ("UpdateThingModelV22", MODELS_22))
    ),
)
