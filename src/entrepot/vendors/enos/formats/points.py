"""Everything in an EnOS model that has a data type, as a canonical field and back; knows no feature.

A data type's particulars stand in `dataDefinition`, a JSON text (inside a STRUCT: an object).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from entrepot.core.models.conversion import UNREADABLE
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
)
from entrepot.vendors.enos.formats import units
from entrepot.vendors.enos.formats.wire import STRING_LENGTH
from entrepot.vendors.enos.handles import DIALECT

Plain = dict[str, Any]

own = Spelling(DIALECT)

_NUMBERS: dict[str, NumberKind] = {"INT": "int", "FLOAT": "float", "DOUBLE": "double"}
_NUMBER_WORDS: dict[NumberKind, str] = {
    "int": "INT", "long": "INT", "float": "FLOAT", "double": "DOUBLE", "decimal": "DOUBLE",
}  # fmt: skip
_WORDS: dict[type[DataType], str] = {
    Text: "STRING",
    Boolean: "BOOL",
    Enum: "ENUM",
    Structure: "STRUCT",
    Array: "ARRAY",
    Binary: "FILE",
    Json: "STRING",
}
_ENUM_BASES = {"INT": "int", "STRING": "text"}

_decode = msgspec.json.decode
_encode = msgspec.json.encode


# --- what is said about everything ---------------------------------------------------------------


def said(plain: Mapping[str, Any], id: Any) -> dict[str, Any]:
    """The members that every canonical element has; a name that only repeats the id says nothing.

    Raises:
        TypeError: the id is no text.
    """
    if not isinstance(id, str):
        raise TypeError(f"{id!r} is no identifier")
    found: dict[str, Any] = {"id": id}
    name: Any = plain.get("name")
    names: Any = None
    if isinstance(name, dict):
        name, names = name.get("defaultValue"), name.get("i18nValue")
    if isinstance(name, str) and name != id:
        found["name"] = name or None
    if names and isinstance(names, dict):
        found["names"] = _texts(names)
    if (description := plain.get("desc")) and isinstance(description, str):
        found["description"] = description
    if (tags := plain.get("tags")) and isinstance(tags, dict):
        found["tags"] = _texts(tags, empty=True)
    return found


def _texts(given: dict[str, Any], *, empty: bool = False) -> dict[str, str]:
    """Samples leave translations empty or null that nobody made."""
    if all(isinstance(text, str) and (text or empty) for text in given.values()):
        return given
    return {k: text for k, text in given.items() if isinstance(text, str) and (text or empty)}


def head(element: Element, identifier: str) -> Plain:
    """What every feature and point begins with."""
    return {
        "identifier": identifier,
        "name": i18n(element.name or element.id, element.names),
        "desc": element.description or "",
        "tags": element.tags,
    }


def i18n(name: str, names: dict[str, str]) -> Plain:
    """A StringI18n."""
    return {"defaultValue": name, "i18nValue": names}


# --- points --------------------------------------------------------------------------------------


def point(plain: Plain) -> Field:
    """An input or an output of a service or an event."""
    id = plain["identifier"]
    found = Field(**said(plain, id), **typed(plain))
    return own.read(found, point_plain, plain)


def point_plain(field: Field) -> Plain:
    """The field as an input or an output."""
    return {**head(field, field.id), **typed_plain(field)}


def _item(plain: Plain) -> Field:
    id = plain["identifier"]
    found = Field(**said(plain, id), **typed(plain), required=plain.get("required") is True)
    return own.read(found, _item_plain, plain)


def _item_plain(field: Field) -> Plain:
    """The field as a member of a STRUCT, which spells some members otherwise (API FAQs)."""
    plain: Plain = {
        "identifier": field.id,
        "name": i18n(field.name or field.id, field.names),
        "dataType": word(field.type, nested=True),
        "dataDefinition": _definition(field, nested=True) or {},
        "unit": field.unit,
        "required": field.required,
    }
    if field.description:
        plain["desc"] = field.description
    if field.tags:
        plain["tags"] = field.tags
    _default(plain, field)
    return plain


def typed(plain: Plain) -> dict[str, Any]:
    """The type, unit and default of a canonical field."""
    definition = _definition_of(plain.get("dataDefinition"))
    found: dict[str, Any] = {"type": _type(plain["dataType"], definition)}
    if (symbol := units.symbol(plain.get("unit"))) is not None:
        found["unit"] = symbol
    default = plain.get("defaultValue")
    if default is None:
        default = definition.get("defaultValue")
    if default is not None:
        found["default"] = default
    return found


def typed_plain(field: Field) -> Plain:
    """What a point says of its values.

    EnOS has a `defaultValue` for attributes, and in the definitions of ENUM and BOOL. Where another
    dialect gives one elsewhere it stands as it would in an attribute, so that it is not lost.
    """
    definition = _definition(field)
    plain: Plain = {
        "dataType": word(field.type),
        "dataDefinition": None if definition is None else _encode(definition).decode(),
        "unit": units.unit(field.unit),
    }
    _default(plain, field)
    return plain


def _default(plain: Plain, field: Field) -> None:
    if field.default is not None and not isinstance(field.type, Enum | Boolean):
        plain["defaultValue"] = field.default


# --- types ---------------------------------------------------------------------------------------


def _definition_of(given: Any) -> Plain:
    if isinstance(given, str) and given:
        try:
            given = _decode(given)
        except msgspec.DecodeError:
            return {}
    return given if isinstance(given, dict) else {}


def _type(word: str, definition: Plain) -> DataType:
    word = word.upper()  # the vendor's own library of standard features writes them small
    if word in _NUMBERS:
        return Number(kind=_NUMBERS[word])
    match word:
        case "STRING":
            return Text(max_length=_length(definition.get("maxLength")))
        case "BOOL":
            labels = _object(definition.get("boolDesc"))
            return Boolean(off=_label(labels.get("false")), on=_label(labels.get("true")))
        case "ENUM":
            return _enum(definition)
        case "STRUCT":
            return Structure(fields=_items(definition.get("items")))
        case "ARRAY":
            return Array(item=_type(str(definition.get("itemType") or "STRING"), {}))
        case "TIMESTAMP":
            return DateTime(form="epoch_ms")
        case "DATE":
            return DateTime(form="text")
        case "FILE":
            return Binary()
    return Json()


def _enum(definition: Plain) -> Enum:
    choices = []
    for value, label in _object(definition.get("enumDesc")).items():
        text = _label(label)
        choices.append(Choice(value, None if text == value else text))
    base: Any = _ENUM_BASES.get(str(definition.get("enumType")))
    return Enum(choices=tuple(choices), base=base)


def _items(given: Any) -> tuple[Field, ...]:
    try:
        return tuple(map(_item, given or ()))
    except UNREADABLE:
        return ()  # the definition is kept as it is


def _object(value: Any) -> Plain:
    return value if isinstance(value, dict) else {}


def _label(value: Any) -> str | None:
    """The label of a value: a text (BOOL) or a StringI18n (ENUM)."""
    if isinstance(value, dict):
        value = value.get("defaultValue")
    return value if isinstance(value, str) and value else None


def _length(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def word(type_: DataType, *, nested: bool = False) -> str:
    """EnOS's word for the type. `nested`: in a STRUCT, which holds no other: its JSON is a STRING."""
    if isinstance(type_, Number):
        return _NUMBER_WORDS[type_.kind]
    if isinstance(type_, DateTime):
        return "DATE" if type_.form == "text" else "TIMESTAMP"
    if nested and isinstance(type_, Structure):
        return "STRING"
    return _WORDS[type(type_)]


def _definition(field: Field, *, nested: bool = False) -> Plain | None:
    """The particulars of the field's type; None where it has none."""
    type_, plain = field.type, dict[str, Any]()
    match type_:
        case Number() | DateTime() | Binary():
            return None
        case Text() | Json():
            if type_.max_length is not None and type_.max_length >= 0:
                plain["maxLength"] = min(type_.max_length, STRING_LENGTH)
            return plain or None
        case Array():
            item = word(type_.item, nested=True)
            return {"itemType": item if item in _NUMBERS else "STRING"}
        case Structure():
            if nested:
                return None
            return {"items": [own.write(item, _item_plain) for item in type_.fields]}
        case Enum():
            plain["enumDesc"] = {c.value: i18n(c.label or c.value, {}) for c in type_.choices}
            plain["enumType"] = _enum_type(type_)
        case Boolean():
            labels = {"true": type_.on, "false": type_.off}
            if known := {k: label for k, label in labels.items() if label is not None}:
                plain["boolDesc"] = known
    if field.default is not None:
        plain["defaultValue"] = field.default
    return plain or None


def _enum_type(type_: Enum) -> str:
    if type_.base is None:
        values = [choice.value for choice in type_.choices]
        return "INT" if values and all(v.lstrip("-").isdecimal() for v in values) else "STRING"
    return "INT" if type_.base == "int" else "STRING"
