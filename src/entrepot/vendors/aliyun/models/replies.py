"""Replies about thing models and categories, spelled as Alibaba spells them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from entrepot.vendors.aliyun.common import Envelope


class Category(msgspec.Struct, kw_only=True):
    """A category in ListThingTemplates."""

    CategoryKey: str
    CategoryName: str


class ListThingTemplates(Envelope, kw_only=True):
    """Answer of ListThingTemplates; `Data` is a plain array."""

    Data: list[Category]


class GetThingTemplate(Envelope, kw_only=True):
    """Answer of GetThingTemplate; the model is JSON in a text, its name in capitals."""

    ThingModelJSON: str


class ThingModel(msgspec.Struct, kw_only=True):
    """A module's features: JSON in a text."""

    ThingModelJson: str


class QueryThingModel(Envelope, kw_only=True):
    """Answer of QueryThingModel and QueryThingModelPublished."""

    Data: ThingModel
    ProductKey: str


class Tsl(msgspec.Struct, kw_only=True):
    """A module as TSL: JSON in a text.

    There is no TslUri: it names a copy in an object store, and here is none.
    """

    TslStr: str


class GetThingModelTsl(Envelope, kw_only=True):
    """Answer of GetThingModelTsl and GetThingModelTslPublished."""

    Data: Tsl


class ModelVersion(msgspec.Struct, kw_only=True):
    """A version of a thing model."""

    Description: str | UnsetType = UNSET
    GmtCreate: int
    ModelVersion: str


class ModelVersions(msgspec.Struct, kw_only=True):
    """The versions, newest first; a plain array."""

    ModelVersions: list[ModelVersion]


class ListThingModelVersion(Envelope, kw_only=True):
    """Answer of ListThingModelVersion."""

    Data: ModelVersions
