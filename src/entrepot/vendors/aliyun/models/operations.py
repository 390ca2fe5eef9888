"""Alibaba IoT's operations on thing models: drafts, versions and the predefined ones."""

from __future__ import annotations

from entrepot.dialect.operation import Operation
from entrepot.vendors.aliyun.models import convert as model_convert
from entrepot.vendors.aliyun.models import use_cases as thing_models
from entrepot.vendors.aliyun.models import wire as model_wire
from entrepot.vendors.aliyun.products import convert, replies, use_cases, wire
from entrepot.vendors.aliyun.products.operations import KEY, action

FEATURE = (
    '{"properties":[{"identifier":"Brightness","name":"Brightness","rwFlag":"READ_WRITE","required":false,'
    '"custom":true,"dataType":"INT","dataSpecs":{"dataType":"INT","custom":true,"min":"0","max":"100",'
    '"step":"1","unit":"%","unitName":"percent"}}]}'
)
TSL = (
    '{"properties":[{"identifier":"Power","name":"Power","accessMode":"rw","required":true,'
    '"dataType":{"type":"bool","specs":{"0":"Off","1":"On"}}}],"events":[],"services":[]}'
)

MODELS: tuple[Operation, ...] = (
    action(
        "CreateThingModel",
        summary="Add features to a product's draft",
        params=model_wire.CreateThingModel,
        reply=replies.Envelope,
        permission="model:create",
        writes=True,
        rate=5,
        take=model_convert.create,
        run=thing_models.revise,
        give=convert.done,
        example={**KEY, "ThingModelJson": FEATURE.replace("Brightness", "Saturation")},
    ),
    action(
        "UpdateThingModel",
        summary="Change a feature of a product's draft, or a module's name",
        params=model_wire.UpdateThingModel,
        reply=replies.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=model_convert.update,
        run=thing_models.revise,
        give=convert.done,
        example={**KEY, "Identifier": "Brightness", "ThingModelJson": FEATURE},
    ),
    action(
        "DeleteThingModel",
        summary="Remove features or modules from a product's draft",
        params=model_wire.DeleteThingModel,
        reply=replies.Envelope,
        permission="model:delete",
        writes=True,
        rate=5,
        take=model_convert.delete,
        run=thing_models.revise,
        give=convert.done,
        example={**KEY, "PropertyIdentifier.1": "Brightness"},
    ),
    action(
        "ImportThingModelTsl",
        summary="Replace a module of a product's draft by a TSL text",
        params=model_wire.ImportThingModelTsl,
        reply=replies.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=model_convert.import_tsl,
        run=thing_models.revise,
        give=convert.done,
        example={**KEY, "TslStr": TSL},
    ),
    action(
        "CopyThingModel",
        summary="Make a version of one product's model the draft of another",
        params=model_wire.CopyThingModel,
        reply=replies.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=model_convert.copy,
        run=thing_models.copy,
        give=convert.done,
        example={
            "SourceProductKey": KEY["ProductKey"],
            "TargetProductKey": "a1B2c3D4e5F",
            "SourceModelVersion": "v1.0.0",
        },
    ),
    action(
        "PublishThingModel",
        summary="Publish a product's draft as a version",
        params=model_wire.PublishThingModel,
        reply=replies.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=model_convert.publication,
        run=thing_models.publish,
        give=convert.done,
        example={**KEY, "ModelVersion": "v1.0.0", "Description": "The first one"},
    ),
    action(
        "QueryThingModel",
        summary="Show a module of a product's draft, or of a version",
        params=model_wire.QueryThingModel,
        reply=replies.QueryThingModel,
        permission="model:read",
        rate=10,
        take=model_convert.queried,
        run=thing_models.shown,
        give=model_convert.thing_model,
        example=KEY,
    ),
    action(
        "QueryThingModelPublished",
        summary="Show a module of a product's model in force, or of a version",
        params=model_wire.QueryThingModel,
        reply=replies.QueryThingModel,
        permission="model:read",
        rate=10,
        take=model_convert.queried_published,
        run=thing_models.shown,
        give=model_convert.thing_model,
        example=KEY,
    ),
    action(
        "GetThingModelTsl",
        summary="Show a module of a product's draft, or of a version, as TSL",
        params=model_wire.GetThingModelTsl,
        reply=replies.GetThingModelTsl,
        permission="model:read",
        take=model_convert.queried,
        run=thing_models.shown,
        give=model_convert.thing_model_tsl,
        example={**KEY, "Simple": True},
    ),
    action(
        "GetThingModelTslPublished",
        summary="Show a module of a product's model in force, or of a version, as TSL",
        params=model_wire.GetThingModelTsl,
        reply=replies.GetThingModelTsl,
        permission="model:read",
        rate=20,
        take=model_convert.queried_published,
        run=thing_models.shown,
        give=model_convert.thing_model_tsl,
        example=KEY,
    ),
    action(
        "ListThingModelVersion",
        summary="List the versions of a product's model, newest first",
        params=wire.OneProduct,
        reply=replies.ListThingModelVersion,
        permission="model:read",
        rate=10,
        take=convert.ref,
        run=thing_models.versions,
        give=model_convert.version_list,
        example=KEY,
    ),
)

TEMPLATES: tuple[Operation, ...] = (
    action(
        "ListThingTemplates",
        summary="List the predefined categories",
        params=wire.Common,
        reply=replies.ListThingTemplates,
        permission="template:read",
        rate=5,
        take=lambda call, caller: None,
        run=use_cases.all_categories,
        give=convert.category_list,
    ),
    action(
        "GetThingTemplate",
        summary="Show the thing model of a category",
        params=wire.GetThingTemplate,
        reply=replies.GetThingTemplate,
        permission="template:read",
        rate=2,
        take=lambda call, caller: call.params.CategoryKey,
        run=use_cases.one_category,
        give=model_convert.template,
        example={"CategoryKey": "Lighting"},
    ),
)
