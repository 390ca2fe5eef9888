"""What a ThingModelJson document may hold, as types; `check` finds all that it may not. Knows no canonical word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from entrepot.core.faults import Violation
from entrepot.vendors.aliyun.formats.limits import (
    MEMBERS,
    NUMBER_SPECS,
    VALUES,
    Description,
    Found,
    Identifier,
    Name,
    Specs,
    ValueName,
    arguments,
    document_faults,
    each,
    faults,
    text_faults,
)
from entrepot.vendors.aliyun.formats.values import ARRAY, TEXT_BYTES

# The schema demands productKey, custom and required of every feature. INFERRED: not demanded here; the
# product is named beside the model, and the platform knows who made a feature.


class TextSpecs(msgspec.Struct):
    """`dataSpecs` of TEXT."""

    length: Annotated[int, Meta(ge=1, le=TEXT_BYTES)] | None = None


class NoSpecs(msgspec.Struct):
    """`dataSpecs` of DATE."""


class ArraySpecs(msgspec.Struct):
    """`dataSpecs` of ARRAY."""

    childDataType: Literal["INT", "FLOAT", "DOUBLE", "TEXT", "STRUCT"]
    size: Annotated[int, Meta(ge=1, le=ARRAY)] | None = None
    dataSpecs: Specs = None
    dataSpecsList: Specs = None

    @staticmethod
    def _child(self: ArraySpecs) -> Found:
        if self.dataSpecs is None and self.dataSpecsList is None:
            return []  # INFERRED: an array may say no more than what it holds
        return _said(self.childDataType, self.dataSpecs, self.dataSpecsList)

    __rules__ = (_child,)


class NamedValue(msgspec.Struct):
    """A value of BOOL or ENUM."""

    name: ValueName
    value: Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]


class NamedBit(NamedValue):
    """A value of BOOL."""

    value: Literal[0, 1]


class Member(msgspec.Struct):
    """A member of STRUCT, which holds neither structs nor arrays."""

    identifier: Identifier
    name: Name
    childDataType: Literal["INT", "FLOAT", "DOUBLE", "TEXT", "DATE", "BOOL", "ENUM"]
    dataSpecs: Specs = None
    dataSpecsList: Specs = None

    __rules__ = (lambda self: _said(self.childDataType, self.dataSpecs, self.dataSpecsList),)


Word = Literal["INT", "FLOAT", "DOUBLE", "TEXT", "DATE", "BOOL", "ENUM", "STRUCT", "ARRAY"]


class Argument(msgspec.Struct):
    """A parameter of a service or an event."""

    identifier: Identifier
    name: Name
    dataType: Word
    direction: Literal["PARAM_INPUT", "PARAM_OUTPUT"] | None = (
        None  # INFERRED: its list says it too
    )
    paraOrder: Annotated[int, Meta(ge=0)] | None = None
    dataSpecs: Specs = None
    dataSpecsList: Specs = None

    __rules__ = (lambda self: _said(self.dataType, self.dataSpecs, self.dataSpecsList),)


class Property(msgspec.Struct):
    """A property."""

    identifier: Identifier
    name: Name
    dataType: Word
    rwFlag: Literal["READ_WRITE", "READ_ONLY", "WRITE_ONLY"]
    required: bool = False
    custom: bool = True
    description: Description | None = None
    extendConfig: str | None = None
    dataSpecs: Specs = None
    dataSpecsList: Specs = None

    __rules__ = (lambda self: _said(self.dataType, self.dataSpecs, self.dataSpecsList),)


class Service(msgspec.Struct):
    """A service."""

    identifier: Identifier
    serviceName: Name
    callType: Literal["ASYNC", "SYNC"]
    inputParams: list[Argument] = []
    outputParams: list[Argument] = []
    required: bool = False
    custom: bool = True
    description: Description | None = None

    @staticmethod
    def _counted(self: Service) -> Found:
        return arguments(inputParams=self.inputParams, outputParams=self.outputParams)

    __rules__ = (_counted,)


class Event(msgspec.Struct):
    """An event."""

    identifier: Identifier
    eventName: Name
    eventType: Literal["INFO_EVENT_TYPE", "ALERT_EVENT_TYPE", "ERROR_EVENT_TYPE"]
    outputData: list[Argument] = []
    required: bool = False
    custom: bool = True
    description: Description | None = None

    @staticmethod
    def _counted(self: Event) -> Found:
        return arguments(outputData=self.outputData)

    __rules__ = (_counted,)


def _said(word: str, specs: Any, listed: Any) -> Found:
    """What is wrong with `dataSpecs` or `dataSpecsList`, of which a type has one."""
    if word not in ("BOOL", "ENUM", "STRUCT"):
        if listed is not None:
            return [Violation(("dataSpecsList",), "rule", f"must not be given of {word}")]
        if specs is None:
            return [Violation(("dataSpecs",), "missing", f"dataType is {word}")]
        kinds = {"TEXT": TextSpecs, "DATE": NoSpecs, "ARRAY": ArraySpecs}
        return faults(specs, kinds.get(word) or NUMBER_SPECS[word.lower()], ("dataSpecs",))
    if specs is not None:
        return [Violation(("dataSpecs",), "rule", f"must not be given of {word}")]
    if listed is None:
        return [Violation(("dataSpecsList",), "missing", f"dataType is {word}")]
    path = ("dataSpecsList",)
    if word == "STRUCT":
        return each(listed, Member, path, MEMBERS, least=1)
    found = each(listed, NamedBit if word == "BOOL" else NamedValue, path, VALUES, least=1)
    if found:
        return found
    values = [item["value"] for item in listed]
    if word == "BOOL" and sorted(values) != [0, 1]:
        return [Violation(path, "rule", "must name the values 0 and 1")]
    doubles = {value for value in values if values.count(value) > 1}
    return [Violation(path, "duplicate", value, value) for value in sorted(doubles)]


KINDS = {"properties": Property, "services": Service, "events": Event}
_AUTOMATIC = {"events": ("post",), "services": ("set", "get"), "properties": ()}


def is_automatic(name: str, entry: dict[str, Any]) -> bool:
    """Whether this is the platform's own entry, which nobody made."""
    return entry.get("custom") is False and entry.get("identifier") in _AUTOMATIC[name]


def faults_of(plain: Any) -> Sequence[Violation]:
    """Every limit that a decoded document breaks."""
    return document_faults(plain, KINDS, is_automatic)


def check(text: bytes, plain: Any = None) -> Sequence[Violation]:
    """Every limit of CreateThingModel that the text breaks, but for how many features a call takes."""
    return text_faults(text, faults_of, plain)
