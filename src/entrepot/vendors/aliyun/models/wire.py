"""The parameters of Alibaba IoT's thing model actions, spelled as its pages spell them; knows no canonical word."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.aliyun.common import Common, OneProduct, ProductKey, ResourceGroupId
from entrepot.vendors.aliyun.formats import thing_model_json_limits, tsl_limits
from entrepot.vendors.aliyun.formats.documents import LISTS
from entrepot.vendors.aliyun.formats.limits import ModuleName, prefixed, text_faults

# Source: the pages of the actions, as the SDK's docstrings have them, unless a line says otherwise.

ADDED, UPDATED = 10, 1  # features a call
DEFAULT_MODULE = "default"  # INFERRED: what the default module may be called

# Not held to a new module's letters: what another dialect made can be named, too.
FunctionBlockId = Annotated[
    str,
    Meta(
        max_length=256, description="Identifier of the custom module; without it, the default one."
    ),
]
FunctionBlockName = Annotated[
    ModuleName, Meta(description="Name of the custom module, needed where it is new.")
]
ThingModelJson = Annotated[
    str, Meta(description="Features, as a JSON object with properties, services and events.")
]
ModelVersion = Annotated[
    str,
    Meta(
        max_length=16,
        pattern=r"\A[A-Za-z0-9.]+\Z",
        description="Version of the thing model.",
        extra={"words": "letters, digits and dots"},
    ),
]
Identifiers = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=256)]],
    Meta(max_length=10, description="Identifiers; unknown ones are passed over."),
]


def _module(self: CreateThingModel | UpdateThingModel | ImportThingModelTsl) -> list[Violation]:
    if self.FunctionBlockName is None:
        return []
    if self.FunctionBlockId is None:
        return [Violation(("FunctionBlockId",), "missing", "FunctionBlockName is given")]
    if self.FunctionBlockId == DEFAULT_MODULE:
        name = self.FunctionBlockName
        return [
            Violation(("FunctionBlockName",), "rule", "cannot be given to the default module", name)
        ]
    return []


def _features(text: str, most: int) -> list[Violation]:
    """What is wrong with a text of so many features. Of its members only the three lists count."""

    def check(plain: object) -> list[Violation]:
        if not isinstance(plain, dict):
            return [Violation((), "type", "object")]
        lists = {name: plain[name] for name in LISTS if plain.get(name) is not None}
        found = [*thing_model_json_limits.faults_of(lists)]
        number = sum(
            not (isinstance(entry, dict) and thing_model_json_limits.is_automatic(name, entry))
            for name, listed in lists.items()
            if isinstance(listed, list)
            for entry in listed
        )
        if number > most:
            found.append(Violation((), "too_many", most))
        if not number and not found:
            found.append(Violation((), "too_few", 1))
        return found

    return prefixed(text_faults(text.encode(), check), ("ThingModelJson",))


class CreateThingModel(OneProduct, kw_only=True):
    """Parameters of CreateThingModel."""

    ThingModelJson: ThingModelJson | None = None
    FunctionBlockId: FunctionBlockId | None = None
    FunctionBlockName: FunctionBlockName | None = None

    @staticmethod
    def _model(self: CreateThingModel) -> list[Violation]:
        if self.ThingModelJson is not None:
            return _features(self.ThingModelJson, ADDED)
        # INFERRED: a module may be made before its features; only then may they be left out.
        return [] if self.FunctionBlockName else [Violation(("ThingModelJson",), "missing")]

    __rules__ = (_module, _model)


class UpdateThingModel(OneProduct, kw_only=True):
    """Parameters of UpdateThingModel: one feature, or the name of a custom module, or both."""

    Identifier: (
        Annotated[
            str,
            Meta(
                max_length=256,
                description="Identifier of the feature to change, where ThingModelJson gives it another.",
            ),
        ]
        | None
    ) = None
    ThingModelJson: ThingModelJson | None = None
    FunctionBlockId: FunctionBlockId | None = None
    FunctionBlockName: FunctionBlockName | None = None

    @staticmethod
    def _model(self: UpdateThingModel) -> list[Violation]:
        if self.ThingModelJson is not None:
            return _features(self.ThingModelJson, UPDATED)
        return [] if self.FunctionBlockName else [Violation(("ThingModelJson",), "missing")]

    __rules__ = (_module, _model)


class DeleteThingModel(OneProduct, kw_only=True):
    """Parameters of DeleteThingModel; with ProductKey alone everything goes."""

    PropertyIdentifier: Identifiers | None = None
    ServiceIdentifier: Identifiers | None = None
    EventIdentifier: Identifiers | None = None
    FunctionBlockId: FunctionBlockId | None = None
    ResourceGroupId: ResourceGroupId | None = None


class QueryThingModel(OneProduct, kw_only=True):
    """Parameters of QueryThingModel and QueryThingModelPublished."""

    ModelVersion: ModelVersion | None = None
    FunctionBlockId: FunctionBlockId | None = None
    ResourceGroupId: ResourceGroupId | None = None


class GetThingModelTsl(QueryThingModel, kw_only=True):
    """Parameters of GetThingModelTsl and GetThingModelTslPublished."""

    Simple: Annotated[bool, Meta(description="Only identifiers and data types, for devices.")] = (
        False
    )


class PublishThingModel(OneProduct, kw_only=True):
    """Parameters of PublishThingModel."""

    ModelVersion: ModelVersion | None = None
    # INFERRED: no page bounds it; that of a product has 100 characters, that of a feature 2,048.
    Description: (
        Annotated[str, Meta(max_length=2048, description="Description of the version.")] | None
    ) = None
    ResourceGroupId: ResourceGroupId | None = None


class ImportThingModelTsl(OneProduct, kw_only=True):
    """Parameters of ImportThingModelTsl."""

    # Optional by the SDK, needed by its text.
    TslStr: Annotated[str, Meta(min_length=1, description="The model, as TSL.")]
    TslUrl: Annotated[str, Meta(description="Without effect, as at the vendor.")] | None = None
    FunctionBlockId: FunctionBlockId | None = None
    FunctionBlockName: FunctionBlockName | None = None
    ResourceGroupId: ResourceGroupId | None = None

    @staticmethod
    def _model(self: ImportThingModelTsl) -> list[Violation]:
        found = tsl_limits.check(self.TslStr.encode())
        return prefixed(found, ("TslStr",))

    __rules__ = (_module, _model)


class CopyThingModel(Common, kw_only=True):
    """Parameters of CopyThingModel."""

    SourceProductKey: ProductKey
    TargetProductKey: ProductKey
    # Optional by the SDK, and by its text the call fails without.
    SourceModelVersion: ModelVersion
    ResourceGroupId: ResourceGroupId | None = None


# Source: seed 002 "CreateProduct" and the pages of the other actions, unless a line says otherwise.


# Whether there is such a category, the use case says: a tenant may have categories of its own.
CategoryKey = Annotated[
    str, Meta(description="Category whose thing model the product starts with.")
]


class GetThingTemplate(Common, kw_only=True):
    """Parameters of GetThingTemplate."""

    # INFERRED: required; one list has it optional and no page says what would be shown without.
    CategoryKey: Annotated[str, Meta(min_length=1, description="Key of the category.")]
    ResourceGroupId: ResourceGroupId | None = None
