"""Alibaba IoT's operations on thing models: drafts, versions and the predefined ones."""

from __future__ import annotations

from entrepot.dialect.operation import Operation
from entrepot.vendors.aliyun import actions, common
from entrepot.vendors.aliyun.actions import KEY, action
from entrepot.vendors.aliyun.models import convert, replies, use_cases, wire

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
        params=wire.CreateThingModel,
        reply=common.Envelope,
        permission="model:create",
        writes=True,
        rate=5,
        take=convert.create,
        run=use_cases.revise,
        give=actions.done,
        example={**KEY, "ThingModelJson": FEATURE.replace("Brightness", "Saturation")},
    ),
    action(
        "UpdateThingModel",
        summary="Change a feature of a product's draft, or a module's name",
        params=wire.UpdateThingModel,
        reply=common.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=convert.update,
        run=use_cases.revise,
        give=actions.done,
        example={**KEY, "Identifier": "Brightness", "ThingModelJson": FEATURE},
    ),
    action(
        "DeleteThingModel",
        summary="Remove features or modules from a product's draft",
        params=wire.DeleteThingModel,
        reply=common.Envelope,
        permission="model:delete",
        writes=True,
        rate=5,
        take=convert.delete,
        run=use_cases.revise,
        give=actions.done,
        example={**KEY, "PropertyIdentifier.1": "Brightness"},
    ),
    action(
        "ImportThingModelTsl",
        summary="Replace a module of a product's draft by a TSL text",
        params=wire.ImportThingModelTsl,
        reply=common.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=convert.import_tsl,
        run=use_cases.revise,
        give=actions.done,
        example={**KEY, "TslStr": TSL},
    ),
    action(
        "CopyThingModel",
        summary="Make a version of one product's model the draft of another",
        params=wire.CopyThingModel,
        reply=common.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=convert.copy,
        run=use_cases.copy,
        give=actions.done,
        example={
            "SourceProductKey": KEY["ProductKey"],
            "TargetProductKey": "a1B2c3D4e5F",
            "SourceModelVersion": "v1.0.0",
        },
    ),
    action(
        "PublishThingModel",
        summary="Publish a product's draft as a version",
        params=wire.PublishThingModel,
        reply=common.Envelope,
        permission="model:update",
        writes=True,
        rate=5,
        take=convert.publication,
        run=use_cases.publish,
        give=actions.done,
        example={**KEY, "ModelVersion": "v1.0.0", "Description": "The first one"},
    ),
    action(
        "QueryThingModel",
        summary="Show a module of a product's draft, or of a version",
        params=wire.QueryThingModel,
        reply=replies.QueryThingModel,
        permission="model:read",
        rate=10,
        take=convert.queried,
        run=use_cases.shown,
        give=convert.thing_model,
        example=KEY,
    ),
    action(
        "QueryThingModelPublished",
        summary="Show a module of a product's model in force, or of a version",
        params=wire.QueryThingModel,
        reply=replies.QueryThingModel,
        permission="model:read",
        rate=10,
        take=convert.queried_published,
        run=use_cases.shown,
        give=convert.thing_model,
        example=KEY,
    ),
    action(
        "GetThingModelTsl",
        summary="Show a module of a product's draft, or of a version, as TSL",
        params=wire.GetThingModelTsl,
        reply=replies.GetThingModelTsl,
        permission="model:read",
        take=convert.queried,
        run=use_cases.shown,
        give=convert.thing_model_tsl,
        example={**KEY, "Simple": True},
    ),
    action(
        "GetThingModelTslPublished",
        summary="Show a module of a product's model in force, or of a version, as TSL",
        params=wire.GetThingModelTsl,
        reply=replies.GetThingModelTsl,
        permission="model:read",
        rate=20,
        take=convert.queried_published,
        run=use_cases.shown,
        give=convert.thing_model_tsl,
        example=KEY,
    ),
    action(
        "ListThingModelVersion",
        summary="List the versions of a product's model, newest first",
        params=common.OneProduct,
        reply=replies.ListThingModelVersion,
        permission="model:read",
        rate=10,
        take=actions.ref,
        run=use_cases.versions,
        give=convert.version_list,
        example=KEY,
    ),
)

TEMPLATES: tuple[Operation, ...] = (
    action(
        "ListThingTemplates",
        summary="List the predefined categories",
        params=common.Common,
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
        give=convert.template,
        example={"CategoryKey": "Lighting"},
    ),
)
