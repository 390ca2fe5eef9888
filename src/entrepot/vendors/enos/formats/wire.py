"""A thing model as EnOS spells it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.dialect.check import Leniency, read_json, read_plain, uncarried
from entrepot.dialect.validator import under
from entrepot.vendors.enos.common import MOST_VALUES, StringI18n
from entrepot.vendors.enos.formats.units import Multiplier

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


class Unit(msgspec.Struct, kw_only=True):
    """A unit and the power of ten before it."""

    unitId: str | None = None
    multiplier: Multiplier | None = None


def _defined(point: Any) -> list[Violation]:
    """What is wrong with `dataDefinition`, which the declaration knows only as a text or an object."""
    kind, given = DEFINITIONS.get(point.dataType), point.dataDefinition
    if kind is None or given is None or given == "":
        return []
    at = ("dataDefinition",)
    try:
        if isinstance(given, str):
            read_json(given.encode(), kind)
            return under(at, uncarried(given.encode()))
        read_plain(given, kind)
    except Malformed as fault:
        return [Violation(at, "rule", f"must hold the definition as JSON: {fault.reason}")]
    except Invalid as fault:
        return under(at, list(fault.violations))
    return []


class Point(msgspec.Struct, kw_only=True):
    """A typed thing: a service's or an event's input or output."""

    identifier: Identifier
    dataType: DataType
    name: Name | None = None
    desc: str | None = None
    tags: dict[str, str] | None = None
    # JSON as text (every sample); an object is taken too and echoed as it came.
    dataDefinition: str | dict[str, Any] | None = None
    unit: Unit | str | None = None  # a text: as in the members of a STRUCT

    __rules__ = (_defined,)


class Attribute(Point, kw_only=True):
    """What is said about a device and seldom changes."""

    isRequired: bool | None = None
    isStdElement: bool | None = None


def _measured(point: Any) -> list[Violation]:
    found = _defined(point)
    # A value with a quality beside it is a number (device connection guide).
    if point.hasQuality and point.dataType not in ("INT", "FLOAT", "DOUBLE"):
        found.append(Violation(("hasQuality",), "rule", "is for INT, FLOAT and DOUBLE only"))
    return found


class Measurepoint(Point, kw_only=True):
    """What a device measures."""

    hasQuality: bool | None = None
    signalType: Literal["Generic", "AI", "PI", "DI"] | None = None

    __rules__ = (_measured,)


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


KINDS = ("attributes", "measurepoints", "services", "events")


def _keyed(model: ThingModel) -> list[Violation]:
    """INFERRED: a feature stands under its own identifier."""
    return [
        Violation((kind, key, "identifier"), "rule", f"must be {key}, as its key is")
        for kind in KINDS
        for key, feature in (getattr(model, kind) or {}).items()
        if feature.identifier != key
    ]


class ThingModel(msgspec.Struct, kw_only=True):
    """A whole model, its four kinds of features by identifier."""

    modelId: ModelId
    name: StringI18n
    desc: str | None = None
    tags: dict[str, str] | None = None
    attributes: Annotated[dict[str, Attribute], Meta(max_length=200)] | None = None
    measurepoints: Annotated[dict[str, Measurepoint], Meta(max_length=5000)] | None = None
    services: Annotated[dict[str, Service], Meta(max_length=50)] | None = None
    events: Annotated[dict[str, Event], Meta(max_length=50)] | None = None

    __rules__ = (_keyed,)


# --- dataDefinition ------------------------------------------------------------------------------

# Source: EnOS API FAQs, "How to use dataDefinition", unless a line says otherwise.
STRING_LENGTH = 4000  # 1024 there; the limits of EnOS 3.0 have 4000
ITEM_TYPES = tuple(word for word in get_args(DataType) if word != "STRUCT")


class EnumDefinition(msgspec.Struct, kw_only=True):
    """ENUM: each value with its label."""

    enumDesc: dict[str, Name | None] | None = None
    enumType: Literal["INT", "STRING"] | None = None


class BoolDefinition(msgspec.Struct, kw_only=True):
    """BOOL: the labels of true and false."""

    boolDesc: dict[str, Name | None] | None = None


class StringDefinition(msgspec.Struct, kw_only=True):
    """STRING: its length."""

    maxLength: Annotated[int, Meta(ge=0, le=STRING_LENGTH)] | None = None


class ArrayDefinition(msgspec.Struct, kw_only=True):
    """ARRAY: the type of its elements."""

    itemType: Literal["INT", "FLOAT", "DOUBLE", "STRING"] | None = None


def _shallow(item: Item) -> list[Violation]:
    if item.dataType == "STRUCT":
        return [Violation(("dataType",), "enum", ITEM_TYPES, item.dataType)]
    return []


class Item(msgspec.Struct, kw_only=True):
    """A member of a STRUCT; of any type but STRUCT."""

    identifier: Identifier
    dataType: DataType
    name: Name | None = None
    dataDefinition: str | dict[str, Any] | None = None
    unit: Unit | str | None = None
    required: bool | None = None

    __rules__ = (_shallow, _defined)


class StructDefinition(msgspec.Struct, kw_only=True):
    """STRUCT: its members."""

    items: list[Item] | None = None


DEFINITIONS: dict[str, type[msgspec.Struct]] = {
    "ENUM": EnumDefinition,
    "BOOL": BoolDefinition,
    "STRING": StringDefinition,
    "ARRAY": ArrayDefinition,
    "STRUCT": StructDefinition,
}


def check(text: bytes, plain: Any = None) -> None:
    """Nothing, where the JSON text is a whole model.

    Raises:
        Malformed: it is no JSON, or holds too much.
        Invalid: with every violation.
    """
    check_declared(text, plain)
    if found := uncarried(text):  # in members that are kept and not declared
        raise Invalid(tuple(found))


def check_declared(text: bytes, plain: Any = None) -> None:
    """The same, of the members that are declared: what is there already is not held against a change of it.

    Raises:
        Malformed: it is no JSON, or holds too much.
        Invalid: with every violation.
    """
    read_json(text, ThingModel, LENIENT, plain, MOST_VALUES)
