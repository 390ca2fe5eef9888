"""Between the thing model actions' words and the canonical ones; the formats know the models themselves."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.models.thing_model import DEFAULT_SERVICE, Service, ThingModel
from entrepot.core.products.drafts import Publication, Revision, revision
from entrepot.core.products.registry import Ref
from entrepot.core.things.model import ModelVersion
from entrepot.dialect.operation import Call
from entrepot.vendors.aliyun.formats import thing_model_json, tsl
from entrepot.vendors.aliyun.formats.documents import LISTS, Documents
from entrepot.vendors.aliyun.formats.thing_model_json import THING_MODEL_JSON
from entrepot.vendors.aliyun.formats.tsl import TSL
from entrepot.vendors.aliyun.formats.values import Plain
from entrepot.vendors.aliyun.handles import product_key, product_ref
from entrepot.vendors.aliyun.models import edits, replies, wire
from entrepot.vendors.aliyun.models.categories import Category, category
from entrepot.vendors.aliyun.models.edits import Identifiers, Module
from entrepot.vendors.aliyun.models.use_cases import Copy, ModuleRef, Shown

# What the platform says of a feature, and no author does.
_PLATFORMS_OWN = ("productKey", "propertyId")


# Requests


def _ref(call: Call, caller: Caller) -> Ref:
    return product_ref(caller.vault, call.params.ProductKey)


def _module(call: Call) -> Module:
    sent = call.params
    return Module(sent.FunctionBlockId or DEFAULT_SERVICE, sent.FunctionBlockName)


def _features(text: str | None) -> Service:
    """What a checked ThingModelJson adds."""
    plain: Plain = msgspec.json.decode(text) if text else {}
    adds = thing_model_json.DOCUMENTS.adds
    lists = {
        name: [_bare(entry) for entry in plain.get(name) or () if not adds(name, entry)]
        for name in LISTS
    }
    model = thing_model_json.DOCUMENTS.read(msgspec.json.encode(lists))
    return edits.module(model, DEFAULT_SERVICE)


def _bare(entry: Plain) -> Plain:
    return {name: value for name, value in entry.items() if name not in _PLATFORMS_OWN}


def create(call: Call, caller: Caller) -> Revision:
    """CreateThingModel as a change of the draft."""
    sent: wire.CreateThingModel = call.params
    edit = edits.added(_module(call), _features(sent.ThingModelJson))
    return revision(caller, _ref(call, caller), THING_MODEL_JSON, edit)


def update(call: Call, caller: Caller) -> Revision:
    """UpdateThingModel as a change of the draft."""
    sent: wire.UpdateThingModel = call.params
    feature = _features(sent.ThingModelJson)
    edit = edits.changed(_module(call), sent.Identifier, feature)
    return revision(caller, _ref(call, caller), THING_MODEL_JSON, edit)


def delete(call: Call, caller: Caller) -> Revision:
    """DeleteThingModel as a change of the draft."""
    sent: wire.DeleteThingModel = call.params
    gone = Identifiers(
        frozenset(sent.PropertyIdentifier or ()),
        frozenset(sent.ServiceIdentifier or ()),
        frozenset(sent.EventIdentifier or ()),
    )
    module = None if sent.FunctionBlockId is None else Module(sent.FunctionBlockId)
    edit = edits.dropped(module, gone)
    return revision(caller, _ref(call, caller), THING_MODEL_JSON, edit)


def import_tsl(call: Call, caller: Caller) -> Revision:
    """ImportThingModelTsl as a change of the draft."""
    sent: wire.ImportThingModelTsl = call.params
    plain: Plain = msgspec.json.decode(sent.TslStr)
    model = tsl.DOCUMENTS.read(msgspec.json.encode(_imported(plain, sent.FunctionBlockId)))
    if all(service.id != DEFAULT_SERVICE for service in model.services):
        model = replace(model, services=(Service(id=DEFAULT_SERVICE), *model.services))
    edit = edits.imported(_module(call), model)
    return revision(caller, _ref(call, caller), TSL, edit)


def _imported(plain: Plain, module: str | None) -> Plain:
    """The document without what the platform says; into a custom module goes the one on top alone."""
    found = _own_features(plain)
    if module is None and plain.get("functionBlocks"):
        found["functionBlocks"] = [
            {**_bare(block), **_own_features(block)} for block in plain["functionBlocks"]
        ]
    return found


def _own_features(plain: Plain) -> Plain:
    return {
        name: [e for e in plain.get(name) or () if not tsl.DOCUMENTS.adds(name, e)]
        for name in LISTS
    }


def queried(call: Call, caller: Caller) -> ModuleRef:
    """QueryThingModel and GetThingModelTsl as a question."""
    sent: wire.QueryThingModel = call.params
    return ModuleRef(
        _ref(call, caller),
        sent.FunctionBlockId or DEFAULT_SERVICE,
        sent.ModelVersion or "",
        simple=isinstance(sent, wire.GetThingModelTsl) and sent.Simple,
    )


def queried_published(call: Call, caller: Caller) -> ModuleRef:
    """QueryThingModelPublished and GetThingModelTslPublished as a question."""
    wanted = queried(call, caller)
    return ModuleRef(
        wanted.ref, wanted.module, wanted.version, published=True, simple=wanted.simple
    )


def publication(call: Call, caller: Caller) -> Publication:
    """PublishThingModel as what the draft is published as."""
    sent: wire.PublishThingModel = call.params
    return Publication(_ref(call, caller), sent.ModelVersion or "", sent.Description)


def copy(call: Call, caller: Caller) -> Copy:
    """CopyThingModel as a copy."""
    sent: wire.CopyThingModel = call.params
    source, target = (
        product_ref(caller.vault, key) for key in (sent.SourceProductKey, sent.TargetProductKey)
    )
    return Copy(source, sent.SourceModelVersion, target)


# Answers


def thing_model(shown: Shown, caller: Caller) -> replies.QueryThingModel:
    """The module as ThingModelJson, its members sorted, as the page has them."""
    key = product_key(caller.vault, shown.product)
    plain: Plain = {"productKey": key}
    if shown.version is not None:
        plain["_ppk"] = {"version": shown.version.version}
        if shown.version.description is not None:
            plain["_ppk"]["description"] = shown.version.description
    plain |= _exported(thing_model_json.DOCUMENTS, shown, key)
    for name in LISTS:
        for feature in plain[name]:
            feature["productKey"] = key
    text = msgspec.json.encode(plain, order="sorted").decode()
    data = replies.ThingModel(ThingModelJson=text)
    return replies.QueryThingModel(RequestId=caller.request_id, Data=data, ProductKey=key)


def thing_model_tsl(shown: Shown, caller: Caller) -> replies.GetThingModelTsl:
    """The module as TSL, with what the platform adds."""
    key = product_key(caller.vault, shown.product)
    plain = {"schema": tsl.SCHEMA, "profile": {"productKey": key}}
    plain |= tsl.with_automatic(_exported(tsl.DOCUMENTS, shown, key))
    if shown.simple:
        plain = _simple(plain)
    data = replies.Tsl(TslStr=msgspec.json.encode(plain).decode())
    return replies.GetThingModelTsl(RequestId=caller.request_id, Data=data)


def _exported(documents: Documents, shown: Shown, key: str) -> Plain:
    """The module; the default one with a list of the others."""
    default = shown.module.id == DEFAULT_SERVICE
    plain = documents.module(shown.module, named=not default)
    plain = {**{name: [] for name in LISTS}, **plain}
    others = [s for s in shown.model.services if s.id != DEFAULT_SERVICE] if default else []
    if others:
        plain["functionBlocks"] = [_listed(service, key) for service in others]
    return plain


def _listed(service: Service, key: str) -> Plain:
    return {
        "functionBlockId": service.id,
        "functionBlockName": service.id if service.name is None else service.name,
        "productKey": key,
    }


_SIMPLE = ("identifier", "dataType", "inputData", "outputData")


def _simple(plain: Plain) -> Plain:
    """Identifiers and data types alone (GetThingModelTsl, Simple)."""
    return plain | {name: [_simple_part(p) for p in plain[name]] for name in LISTS}


def _simple_part(part: Any) -> Any:
    if not isinstance(part, dict):  # `get` lists identifiers
        return part
    kept = {name: part[name] for name in _SIMPLE if name in part}
    for name in ("inputData", "outputData"):
        if name in kept:
            kept[name] = [_simple_part(p) for p in kept[name]]
    return kept


def version_list(found: list[ModelVersion], caller: Caller) -> replies.ListThingModelVersion:
    """The versions; `ModelVersions` is a plain array."""
    listed = [
        replies.ModelVersion(
            Description=UNSET if v.description is None else v.description,
            GmtCreate=v.created_at,
            ModelVersion=v.version,
        )
        for v in found
    ]
    data = replies.ModelVersions(ModelVersions=listed)
    return replies.ListThingModelVersion(RequestId=caller.request_id, Data=data)


def template(found: Category, caller: Caller) -> replies.GetThingTemplate:
    """The category's thing model as GetThingTemplate answers it."""
    starter = found is category(found.key)
    text = _starter_json(found.tsl) if starter else template_json(found.tsl)
    return replies.GetThingTemplate(RequestId=caller.request_id, ThingModelJSON=text)


def template_json(text: str) -> str:
    """Writes a category's model as ThingModelJson. None of its features is marked as custom."""
    model: ThingModel = tsl.DOCUMENTS.read(text.encode())
    found = thing_model_json.DOCUMENTS.write(model)
    # Within a text of JSON these quotes would be escaped.
    return found.replace(b'"custom":true', b'"custom":false').decode()


_starter_json = lru_cache(maxsize=64)(template_json)


def category_list(found: tuple[Category, ...], caller: Caller) -> replies.ListThingTemplates:
    """The categories as ListThingTemplates answers them."""
    data = [replies.Category(CategoryKey=c.key, CategoryName=c.name) for c in found]
    return replies.ListThingTemplates(RequestId=caller.request_id, Data=data)
