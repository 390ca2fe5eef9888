"""Between the calls of the thing model service and their use cases."""

from __future__ import annotations

from typing import Any

import msgspec

from entrepot.core.caller import Caller
from entrepot.dialect.operation import Call
from entrepot.vendors.enos import common
from entrepot.vendors.enos.models import wire as model_wire
from entrepot.vendors.enos.models.use_cases import Change, Document, Found, ModelRef, Search
from entrepot.vendors.enos.search import wire as search_wire
from entrepot.vendors.enos.search.expression import parse
from entrepot.vendors.enos.search.matching import Lookup, Name, narrowing, test_of
from entrepot.vendors.enos.search.wire import page, projected

_TAGS_OF = {
    "attribute_tags": "attributes",
    "measurepoint_tags": "measurepoints",
    "service_tags": "services",
    "event_tags": "events",
}


def model_ref(call: Call, caller: Caller) -> ModelRef:
    """Get Thing Model."""
    params: model_wire.ModelAddress = call.params
    return ModelRef(params.modelId, params.scope)


def shown(document: Document, caller: Caller) -> model_wire.ThingModelReply:
    """Get Thing Model."""
    return model_wire.ThingModelReply(data=document)


def change(call: Call, caller: Caller) -> Change:
    """Update Thing Model."""
    params: model_wire.ModelUpdate = call.params
    body: model_wire.UpdateThingModel = call.body
    fields = msgspec.to_builtins(body)
    gone = fields.pop("featuresToDelete") or ()
    return Change(body.modelId, fields, params.isPatchUpdate, tuple(gone))


def changed(model_id: str, caller: Caller) -> common.Text:
    """INFERRED: the page shows no answer; as Update Product does, it answers the id."""
    return common.Text(data=model_id)


def search(call: Call, caller: Caller) -> Search:
    """Search Thing Model."""
    params: model_wire.ModelScope = call.params
    body: search_wire.Search = call.body
    pagination = body.pagination or search_wire.Pagination()
    skip = (pagination.pageNo - 1) * pagination.pageSize
    text = (body.expression or "").strip()
    if not text:
        return Search(call, params.scope, skip, pagination.pageSize)
    tree = parse(text)
    holds = test_of(tree)
    return Search(
        call,
        params.scope,
        skip,
        pagination.pageSize,
        keep=lambda document: holds(_lookup(document)),
        ids=narrowing(tree).get("modelId"),
    )


def found(found: Found, caller: Caller) -> model_wire.ThingModelPage:
    """Search Thing Model."""
    body: search_wire.Search = found.wanted.call.body
    return model_wire.ThingModelPage(
        data=projected(found.documents, body), pagination=page(body, found.total)
    )


def _lookup(document: Document) -> Lookup:
    def value(field: str) -> object:
        stem, _, tail = field.partition(".")
        match stem:
            case "modelId":
                return document["modelId"]
            case "modelName":
                return None if tail else _name(document["name"])
            case "tags":
                return (document.get("tags") or {}).get(tail)
        features: dict[str, dict[str, Any]] = document.get(_TAGS_OF.get(stem, "")) or {}
        tags = [feature.get("tags") or {} for feature in features.values()]
        return tuple(of_one[tail] for of_one in tags if tail in of_one)

    return value


def _name(name: dict[str, Any]) -> Name:
    translations = name.get("i18nValue") or {}
    return Name(name["defaultValue"], {k: v for k, v in translations.items() if v is not None})
