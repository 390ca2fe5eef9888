"""DTDL v3: the Digital Twins Definition Language, as a format for thing models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from entrepot.core.faults import Violation
from entrepot.core.models.conversion import Format, Reason
from entrepot.standards.dtdl.reading import many, read, recognise
from entrepot.standards.dtdl.values import LONGEST, NAME, mended, short
from entrepot.standards.dtdl.writing import write
from entrepot.standards.reader import checked
from entrepot.standards.schema import mapping, text

_LARGEST = 1 << 20  # bytes of an interface
_ALPHABET = f"at most {LONGEST} letters, digits and underscores: a letter first, no underscore last"

REASONS = {
    "any.name": Reason("a displayName has at most 512 characters, and one English text"),
    "any.names": Reason("a displayName has languages as in zh-CN, and at most 512 characters"),
    "any.description": Reason("a description has at most 512 characters in DTDL"),
    "any.type.base": Reason("the values of a DTDL Enum are integers of 32 bits or texts"),
    "any.type.form": Reason("a DTDL dateTime is a text, as in ISO 8601"),
    "any.type.minimum": Reason("DTDL has no ranges"),
    "any.type.maximum": Reason("DTDL has no ranges"),
    "any.type.step": Reason("DTDL has no steps"),
    "any.type.max_length": Reason("DTDL has no lengths"),
    "any.type.max_items": Reason("DTDL has no lengths of arrays"),
    "any.type.off": Reason("DTDL has no labels for yes and no"),
    "any.type.on": Reason("DTDL has no labels for yes and no"),
    "any.type": Reason("a DTDL schema has no such type, and no ranges, steps, lengths or labels"),
    "any.default": Reason("DTDL has no defaults"),
    "any.unit_name": Reason("DTDL has names of its own for units"),
    "any.tags": Reason("DTDL has no tags"),
    "property.access": Reason("a DTDL Property can be read, and written if it is writable"),
}  # fmt: skip


def check(source: bytes, plain: Any = None) -> Sequence[Violation]:
    """Every name, text and interface that DTDL's parser refuses for its letters or its size."""
    return checked(source, _refused, plain)


def _refused(plain: Any) -> Iterator[Violation]:
    for one in many(plain):
        place = text(mapping(one).get("@id")) or ""
        size = len(msgspec.json.encode(one))
        if size > _LARGEST:
            yield Violation((place,), "too_long", _LARGEST, size)
        yield from _words((place,), one)


def _words(path: tuple[str | int, ...], plain: Any) -> Iterator[Violation]:
    if isinstance(plain, list):
        for index, one in enumerate(plain):
            name = text(mapping(one).get("name"))
            yield from _words((*path, index if name is None else name), one)
        return
    if not isinstance(plain, dict):
        return
    name = plain.get("name")
    if isinstance(name, str) and mended(name) != name:
        yield Violation((*path, "name"), "pattern", _ALPHABET, name)
    for member in ("displayName", "description", "comment"):
        value = plain.get(member)
        for one in value.values() if isinstance(value, dict) else (value,):
            if isinstance(one, str) and short(one) != one:
                yield Violation((*path, member), "too_long", LONGEST, one)
    for member, value in plain.items():
        if isinstance(value, dict | list):
            yield from _words((*path, member), value)


DTDL = Format(
    name=NAME,
    title="DTDL v3",
    read=read,
    write=write,
    check=check,
    recognise=recognise,
    reasons=REASONS,
)
