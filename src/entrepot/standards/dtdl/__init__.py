"""DTDL v3: the Digital Twins Definition Language, as a format for thing models."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from entrepot.core.conversion import Format, Reason
from entrepot.core.faults import Violation
from entrepot.standards.dtdl.reading import many, read, recognise
from entrepot.standards.dtdl.values import NAME
from entrepot.standards.dtdl.writing import write
from entrepot.standards.reader import decoded

_LARGEST = 1 << 20  # bytes of an interface

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


def check(source: bytes) -> Sequence[Violation]:
    """What DTDL's parser refuses of the text and this format does not mend: too large an interface."""
    return tuple(
        Violation((one["@id"],), "too_long", _LARGEST, size)
        for one in many(decoded(source))
        if (size := len(msgspec.json.encode(one))) > _LARGEST
    )


DTDL = Format(
    name=NAME,
    title="DTDL v3",
    read=read,
    write=write,
    check=check,
    recognise=recognise,
    reasons=REASONS,
)
