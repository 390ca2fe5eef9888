"""Values in DTDL's words: names, schemas, units and notes, written and read; knows no interface.

What DTDL has no word for and a model cannot do without (what a telemetry was, a name that DTDL's
alphabet refuses) is a note: a `comment` that starts with `entrepot` and goes on in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from entrepot.core.faults import Malformed
from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    DataType,
    DateTime,
    Element,
    Enum,
    Field,
    Json,
    Number,
    NumberKind,
    Structure,
    Text,
    kind_for,
)
from entrepot.standards import units
from entrepot.standards.schema import Plain, constant, mapping, needed, text

NAME = "dtdl"
own = Spelling(NAME)

LONGEST = 512  # of a name, a displayName, a description and a comment, in UTF-16 code units
_DEEPEST = 5  # of complex schemas in one another
_MOST_SCHEMAS = 100_000
_MARK = "entrepot "
_EN = "en"

_NUMBERS: dict[NumberKind, str] = {
    "int": "integer", "long": "long", "float": "float", "double": "double", "decimal": "double",
}  # fmt: skip
_KINDS: dict[str, NumberKind] = {
    "integer": "int", "long": "long", "float": "float", "double": "double",
}  # fmt: skip
_MAP: Plain = {
    "@type": "Map",
    "mapKey": {"name": "key", "schema": "string"},
    "mapValue": {"name": "value", "schema": "string"},
}
_SIMPLE: dict[str, DataType] = {
    **{word: Number(kind=kind) for word, kind in _KINDS.items()},
    "string": Text(),
    "boolean": Boolean(),
    "dateTime": DateTime(form="text"),
    "date": Text(),
    "time": Text(),
    "duration": Text(),
}
# a type that DTDL lacks: the schema of what is on the wire, and what a note says that it is
_NOTED: dict[str, tuple[str, DataType]] = {
    "epoch_ms": ("long", DateTime(form="epoch_ms")),
    "binary": ("string", Binary()),
    "decimal": ("double", Number(kind="decimal")),
}
_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-[A-Za-z]{2}|-[0-9]{3})?")


# --- names ---------------------------------------------------------------------------------------


class Names:
    """Names for elements of one set, each once, in DTDL's alphabet."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, id: str) -> str:
        """The id itself where DTDL takes it, else what is nearest to it."""
        name = mended(id)
        number = 2
        while name in self._taken:
            name, number = f"{mended(id)[: LONGEST - 8]}_{number}", number + 1
        self._taken.add(name)
        return name


def mended(id: str) -> str:
    """The id in letters, digits and underscores, a letter first and no underscore last."""
    if len(id) <= LONGEST and _NAME.fullmatch(id):
        return id
    name = re.sub(r"[^A-Za-z0-9_]", "_", id).strip("_")[:LONGEST].rstrip("_")
    return name if name[:1].isalpha() else f"n{name}"


# --- words and notes -----------------------------------------------------------------------------


def words(element: Element) -> Plain:
    """What people call the element; DTDL takes a name without a language for English."""
    plain: Plain = {}
    found = {k.replace("_", "-"): v for k, v in element.names.items()}
    found = {k: short(v) for k, v in found.items() if _LANGUAGE.fullmatch(k)}
    if found:
        named = {} if element.name is None else {_EN: short(element.name)}
        plain["displayName"] = {**named, **found}
    elif element.name is not None:
        plain["displayName"] = short(element.name)
    if element.description is not None:
        plain["description"] = short(element.description)
    return plain


def words_of(plain: Plain) -> dict[str, Any]:
    """What people call the element, by the names of its members."""
    name = _names(plain.get("displayName"))
    return {
        "name": name.pop(_EN, None),
        "names": {k.replace("-", "_"): v for k, v in name.items()},
        "description": _names(plain.get("description")).get(_EN),
    }


def _names(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return {_EN: value}
    return {k: v for k, v in mapping(value).items() if isinstance(v, str)}


def short(value: str) -> str:
    """The text, cut where it is too long for DTDL."""
    if len(value) * 2 <= LONGEST:
        return value
    return value.encode("utf-16-le")[: LONGEST * 2].decode("utf-16-le", "ignore")


def noted(plain: Plain, **terms: Any) -> Plain:
    """The same with a note of those terms that say something, where it is not too long."""
    said = {k: v for k, v in terms.items() if v is not None and v is not False}
    if said:
        comment = _MARK + msgspec.json.encode(said).decode()
        if comment == short(comment):
            plain["comment"] = comment
    return plain


def notes(plain: Plain) -> Plain:
    """What a note says; nothing where there is none."""
    comment = text(plain.get("comment"))
    if comment is None or not comment.startswith(_MARK):
        return {}
    try:
        return mapping(msgspec.json.decode(comment.removeprefix(_MARK)))
    except (msgspec.DecodeError, RecursionError):
        return {}


def types(plain: Plain) -> tuple[str, ...]:
    """What the element says that it is."""
    found = plain.get("@type")
    return tuple(filter(text, found)) if isinstance(found, list) else (found,) if found else ()


# --- writing -------------------------------------------------------------------------------------


def valued(field: Field, kind: str, name: str, depth: int = 0, **terms: Any) -> Plain:
    """A value under its name: a property, a telemetry, a field, a request or a response.

    `kind` is left out where DTDL knows it from the place: "Field" and the like. `terms` are noted.
    """
    plain: Plain = {"name": name, **words(field), "schema": schema(field.type, depth)}
    unit = units.known(field.unit) if field.unit is not None else None
    if unit is not None and unit.dtdl and isinstance(field.type, Number):
        plain = {"@type": [kind, unit.quantity], **plain, "unit": unit.dtdl}
    elif kind in ("Property", "Telemetry"):
        plain = {"@type": kind, **plain}
    symbol = field.unit if field.unit != _symbol(plain) else None
    id = field.id if field.id != name else None
    return noted(
        plain, id=id, type=_note(field.type), unit=symbol, required=field.required, **terms
    )


def schema(type_: DataType, depth: int = 0) -> Any:
    """The schema of a type; what stands too deep is a text."""
    if isinstance(type_, Number):
        return _NUMBERS[kind_for(type_)]
    if isinstance(type_, DateTime):
        return "long" if type_.form == "epoch_ms" else "dateTime"
    if isinstance(type_, Text | Binary):
        return "string"
    if isinstance(type_, Boolean):
        return "boolean"
    if depth == _DEEPEST:
        return "string"
    if isinstance(type_, Structure):
        return objects(type_.fields, depth + 1)
    if isinstance(type_, Array):
        return {"@type": "Array", "elementSchema": schema(type_.item, depth + 1)}
    return _enum(type_) if isinstance(type_, Enum) else _MAP


def objects(fields: Iterable[Field], depth: int = 1) -> Plain:
    """The schema of an object with these fields, which stands so deep."""
    names = Names()
    found = [own.write(f, lambda f: valued(f, "Field", names.take(f.id), depth)) for f in fields]
    return {"@type": "Object", "fields": found}


def _enum(type_: Enum) -> Plain:
    values = {c.value: (constant(c.value, type_.base), c.label) for c in type_.choices}
    whole = type_.base == "int" and all(_is_integer(value) for value, _ in values.values())
    names = Names()
    # a label is the name where it can be; values without one have the first call on theirs
    taken = {v: names.take(v) for v, (_, label) in values.items() if label is None}
    choices: list[Plain] = []
    for spelled, (value, label) in values.items():
        named = label if label is not None and mended(label) == label else spelled
        name = taken.get(spelled) or names.take(named)
        choice: Plain = {"name": name, "enumValue": value if whole else spelled}
        if label is not None and label != _inferred(name, spelled):
            choice["displayName"] = short(label)
        choices.append(choice)
    return {
        "@type": "Enum",
        "valueSchema": "integer" if whole else "string",
        "enumValues": choices,
    }


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and -(1 << 31) <= value < 1 << 31


def _note(type_: DataType) -> str | None:
    if isinstance(type_, Binary):
        return "binary"
    if isinstance(type_, DateTime) and type_.form == "epoch_ms":
        return "epoch_ms"
    return "decimal" if isinstance(type_, Number) and kind_for(type_) == "decimal" else None


def _symbol(plain: Plain) -> str | None:
    name = text(plain.get("unit"))
    if name is None:
        return None
    exact = next((u for t in types(plain) if (u := units.DTDL.get((name, t)))), None)
    found = exact or next((u for u in units.UNITS if u.dtdl == name), None)
    return found.symbol if found else name


# --- reading -------------------------------------------------------------------------------------


class Schemas:
    """The schemas of one interface, read; what they refer to is among `named`."""

    def __init__(self, named: Mapping[str, Plain]) -> None:
        self.named = named
        self._left = _MOST_SCHEMAS

    def value(self, plain: Plain, depth: int = 0) -> dict[str, Any]:
        """What one value says, by the names of a field's members."""
        said = notes(plain)
        type_, symbol = self.type(plain.get("schema"), depth), _symbol(plain)
        if said.get("type") in _NOTED:
            word, other = _NOTED[said["type"]]
            type_ = other if plain.get("schema") == word else type_
        return {
            "id": text(said.get("id")) or needed(plain, "name"),
            **words_of(plain),
            "type": type_,
            "required": said.get("required") is True,
            "unit": text(said.get("unit")) or symbol,
        }

    def type(self, schema: Any, depth: int = 0) -> DataType:
        """The type that a schema describes.

        Raises:
            Malformed: there are too many, or they are nested too deeply.
        """
        self._left -= 1
        if self._left < 0 or depth > 2 * _DEEPEST:
            raise Malformed("body", "too many schemas, or nested too deeply")
        found = self.found(schema)
        if isinstance(found, str):
            return _SIMPLE.get(found, Json())
        kinds = types(found)
        if "Object" in kinds:
            return Structure(fields=self.fields(found, depth + 1))
        if "Array" in kinds:
            return Array(item=self.type(found.get("elementSchema"), depth + 1))
        if "Enum" in kinds:
            base: Any = {"integer": "int", "string": "text"}.get(found.get("valueSchema", ""))
            return Enum(choices=tuple(map(_choice, found.get("enumValues") or ())), base=base)
        return Json()

    def found(self, schema: Any) -> Any:
        """The schema itself, where it is named."""
        if isinstance(schema, str):
            return self.named.get(schema, schema)
        return mapping(schema)

    def fields(self, plain: Plain, depth: int = 1) -> tuple[Field, ...]:
        """The fields of an object that stands so deep."""
        names = Names()
        return tuple(self._field(one, names, depth) for one in plain.get("fields") or ())

    def _field(self, plain: Plain, names: Names, depth: int) -> Field:
        found = Field(**self.value(plain, depth))
        again = partial(valued, kind="Field", name=names.take(found.id), depth=depth)
        return own.read(found, again, plain)


def _choice(plain: Plain) -> Choice:
    value = plain["enumValue"]
    spelled = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    label = _names(plain.get("displayName")).get(_EN)
    return Choice(spelled, _inferred(needed(plain, "name"), spelled) if label is None else label)


def _inferred(name: str, spelled: str) -> str | None:
    """The label of a choice that has only a name; None where the name tells no more than the value."""
    return None if name == mended(spelled) else name
