"""What a TSL document may hold, as types; `check` finds all that it may not. Knows no canonical word."""

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
    prefixed,
    text_faults,
)
from entrepot.vendors.aliyun.formats.values import ARRAY, TEXT_BYTES

AUTOMATIC = {
    ("events", "post"): "thing.event.property.post",
    ("services", "set"): "thing.service.property.set",
    ("services", "get"): "thing.service.property.get",
}
"""What the platform adds to every export, and by which method it is known."""

Count = Annotated[
    str, Meta(pattern=r"\A[0-9]{1,9}\Z", extra={"words": "the digits of a whole number"})
]


def _between(name: str, text: str | None, most: int) -> Found:
    if text is None or 1 <= int(text) <= most:
        return []
    return [Violation((name,), "rule", f"must be between 1 and {most}", text)]


class TextSpecs(msgspec.Struct):
    """The specs of a text. INFERRED: the length may be left out."""

    length: Count | None = None

    __rules__ = ((lambda self: _between("length", self.length, TEXT_BYTES)),)


class NoSpecs(msgspec.Struct):
    """The specs of a date."""


class Item(msgspec.Struct):
    """What an array holds."""

    type: Literal["int", "float", "double", "text", "struct"]
    specs: Specs = None

    __rules__ = ((lambda self: _specs_of(self)),)


class ArraySpecs(msgspec.Struct):
    """The specs of an array. INFERRED: the size may be left out."""

    item: Item
    size: Count | None = None

    __rules__ = ((lambda self: _between("size", self.size, ARRAY)),)


class SimpleType(msgspec.Struct):
    """The type of a member of a struct, which holds neither structs nor arrays."""

    type: Literal["int", "float", "double", "text", "date", "bool", "enum"]
    specs: Specs = None

    __rules__ = ((lambda self: _specs_of(self)),)


class DataType(msgspec.Struct):
    """A type and what more is said of it."""

    type: Literal["int", "float", "double", "text", "date", "bool", "enum", "struct", "array"]
    specs: Specs = None

    __rules__ = ((lambda self: _specs_of(self)),)


class Member(msgspec.Struct):
    """A member of a struct."""

    identifier: Identifier
    name: Name
    dataType: SimpleType


class Argument(msgspec.Struct):
    """A parameter of a service or an event."""

    identifier: Identifier
    name: Name
    dataType: DataType


class Property(msgspec.Struct):
    """A property."""

    identifier: Identifier
    name: Name
    dataType: DataType
    accessMode: Literal["r", "rw", "w"]  # w: only in ThingModelJson's words, as WRITE_ONLY
    required: bool = False
    desc: Description | None = None


class Service(msgspec.Struct):
    """A service."""

    identifier: Identifier
    name: Name
    callType: Literal["async", "sync"]
    inputData: list[Argument] = []
    outputData: list[Argument] = []
    required: bool = False
    desc: Description | None = None
    method: str | None = None

    @staticmethod
    def _counted(self: Service) -> Found:
        return arguments(inputData=self.inputData, outputData=self.outputData)

    __rules__ = (_counted,)


class Event(msgspec.Struct):
    """An event."""

    identifier: Identifier
    name: Name
    type: Literal["info", "alert", "error"]
    outputData: list[Argument] = []
    required: bool = False
    desc: Description | None = None
    method: str | None = None

    @staticmethod
    def _counted(self: Event) -> Found:
        return arguments(outputData=self.outputData)

    __rules__ = (_counted,)


def _specs_of(self: DataType | SimpleType | Item) -> Found:
    word, specs, path = self.type, self.specs, ("specs",)
    if word == "struct":
        return each(specs, Member, path, MEMBERS, least=1)
    if word in ("bool", "enum"):
        return _values(specs, word)
    if specs is None and (isinstance(self, Item) or word in ("date", "text")):
        return []
    kind = {**NUMBER_SPECS, "text": TextSpecs, "date": NoSpecs, "array": ArraySpecs}[word]
    return faults({} if specs is None and word != "array" else specs, kind, path)


class _Values(msgspec.Struct):
    specs: Annotated[dict[str, ValueName], Meta(max_length=VALUES)]


def _values(specs: Any, word: str) -> Found:
    found = faults({"specs": specs}, _Values)
    if found:
        return found
    if not specs:
        return [Violation(("specs",), "too_few", 1)]
    if word == "bool" and set(specs) != {"0", "1"}:
        return [Violation(("specs",), "rule", "must name the values 0 and 1")]
    odd = [key for key in specs if not key.removeprefix("-").isdigit() or not key.isascii()]
    return prefixed(
        [Violation((key,), "rule", "is not an integer, as a value must be", key) for key in odd],
        ("specs",),
    )


KINDS = {"properties": Property, "services": Service, "events": Event}


def is_automatic(name: str, entry: dict[str, Any]) -> bool:
    """Whether the platform adds this entry to every export."""
    id = entry.get("identifier")
    return isinstance(id, str) and AUTOMATIC.get((name, id), "") == entry.get("method")


def faults_of(plain: Any) -> Sequence[Violation]:
    """Every limit that a decoded document breaks."""
    return document_faults(plain, KINDS, is_automatic)


def check(text: bytes, plain: Any = None) -> Sequence[Violation]:
    """Every limit of ImportThingModelTsl that the text breaks."""
    return text_faults(text, faults_of, plain)
