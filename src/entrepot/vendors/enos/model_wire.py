"""EnOS thing models, spelled as its pages spell them: the calls, and what a model's text must obey.

A model is kept as its author wrote it. So these structs only check it; nothing is rebuilt from them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Invalid, Violation
from entrepot.dialect.check import Leniency, read_plain
from entrepot.vendors.enos.wire import Organization, Page, Reply, StringI18n

# Source: EnOS 2.4.4 limits, unless a line says otherwise.
_LETTERS = r"\A[A-Za-z0-9_.-]+\Z"
_WORDS = {"words": "letters, digits, underscores, dots and hyphens"}
ModelId = Annotated[str, Meta(min_length=1, max_length=64, pattern=_LETTERS, extra=_WORDS)]
Identifier = Annotated[str, Meta(min_length=1, max_length=128, pattern=_LETTERS, extra=_WORDS)]
DataType = Literal[
    "ARRAY", "BOOL", "DATE", "ENUM", "INT", "FLOAT", "DOUBLE", "STRUCT", "STRING", "TIMESTAMP",
    "FILE",
]  # fmt: skip
PRIVATE_MODELS = 1000  # an organization may have

Name = StringI18n | str  # INFERRED: samples of devices give names as plain texts too
LENIENT = Leniency(text_as_number=True, text_as_bool=True)


class Point(msgspec.Struct, kw_only=True):
    """A typed thing: a service's or an event's input or output."""

    identifier: Identifier
    dataType: DataType
    name: Name | None = None
    desc: str | None = None
    tags: dict[str, str] | None = None
    # JSON as text (every sample); an object is taken too and echoed as it came.
    dataDefinition: str | dict[str, Any] | None = None
    unit: dict[str, Any] | None = None


class Attribute(Point, kw_only=True):
    """What is said about a device and seldom changes."""

    isRequired: bool | None = None
    isStdElement: bool | None = None


class Measurepoint(Point, kw_only=True):
    """What a device measures."""

    hasQuality: bool | None = None
    signalType: Literal["Generic", "AI", "PI", "DI"] | None = None

    @staticmethod
    def _quality(self: Measurepoint) -> list[Violation]:
        # A value with a quality beside it is a number (device connection guide).
        if self.hasQuality and self.dataType not in ("INT", "FLOAT", "DOUBLE"):
            return [Violation(("hasQuality",), "rule", "is for INT, FLOAT and DOUBLE only")]
        return []

    __rules__ = (_quality,)


class Service(msgspec.Struct, kw_only=True):
    """What a device can be told to do."""

    identifier: Identifier
    name: Name | None = None
    desc: str | None = None
    tags: dict[str, str] | None = None
    # DOC BUG: the table misspells intputData; the samples have inputData.
    inputData: list[Point] | None = None
    outputData: list[Point] | None = None
    callType: Literal["ASYNC", "SYNC"] | None = None


class Event(msgspec.Struct, kw_only=True):
    """What a device reports by itself."""

    identifier: Identifier
    name: Name | None = None
    desc: str | None = None
    tags: dict[str, str] | None = None
    outputData: list[Point] | None = None
    eventType: Literal["INFO", "WARN", "ERROR"] | None = None


Features = dict[str, dict[str, Any]]


class ThingModel(msgspec.Struct, kw_only=True):
    """A whole model, its four kinds of features by identifier."""

    modelId: ModelId
    name: StringI18n
    desc: str | None = None
    tags: dict[str, str] | None = None
    attributes: Annotated[Features, Meta(max_length=200)] | None = None
    measurepoints: Annotated[Features, Meta(max_length=5000)] | None = None
    services: Annotated[Features, Meta(max_length=50)] | None = None
    events: Annotated[Features, Meta(max_length=50)] | None = None

    @staticmethod
    def _features(self: ThingModel) -> list[Violation]:
        return [v for kind in KINDS for v in _broken(kind, getattr(self, kind) or {})]

    __rules__ = (_features,)


KINDS: dict[str, type[Any]] = {
    "attributes": Attribute,
    "measurepoints": Measurepoint,
    "services": Service,
    "events": Event,
}


def _broken(kind: str, features: Features) -> Iterator[Violation]:
    for identifier, feature in features.items():
        at = (kind, identifier)
        try:
            found = read_plain(feature, KINDS[kind], LENIENT)
        except Invalid as fault:
            for v in fault.violations:
                yield Violation((*at, *v.path), v.kind, v.want, v.got)
            continue
        if found.identifier != identifier:
            yield Violation((*at, "identifier"), "rule", f"must be {identifier}, as its key is")


def check(document: Mapping[str, Any]) -> None:
    """Nothing, where the document is a whole model.

    Raises:
        Invalid: with every violation.
    """
    read_plain(document, ThingModel, LENIENT)


# --- calls ---------------------------------------------------------------------------------------


class ModelAddress(Organization, kw_only=True):
    """The model that a call is about."""

    modelId: Annotated[str, Meta(min_length=1, max_length=128, description="Thing model ID.")]
    scope: Annotated[
        Literal[0, 1], Meta(description="0: the organization's own models; 1: public ones as well.")
    ] = 1


class ModelScope(Organization, kw_only=True):
    """Where a search looks."""

    scope: Literal[0, 1] = 1


class ModelUpdate(Organization, kw_only=True):
    """How an update is meant."""

    isPatchUpdate: Annotated[
        bool, Meta(description="true: what is absent stays; false: the body is the whole model.")
    ] = False


class UpdateThingModel(msgspec.Struct, kw_only=True):
    """Body of Update Thing Model. What it makes of the model is checked as a whole (`check`)."""

    modelId: ModelId
    name: dict[str, Any] | UnsetType = UNSET
    desc: str | UnsetType | None = UNSET
    i18nDesc: Any = UNSET
    category: Any = UNSET
    tags: dict[str, str] | UnsetType | None = UNSET
    attributes: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET
    measurepoints: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET
    services: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET
    events: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET


class ThingModelReply(Reply, kw_only=True):
    """Get Thing Model."""

    data: dict[str, Any]


class ThingModelPage(Reply, kw_only=True):
    """Search Thing Model."""

    data: list[dict[str, Any]]
    pagination: Page
