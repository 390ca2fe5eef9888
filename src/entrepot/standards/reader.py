"""A document of a standard, read: values, and the definitions that they refer to; nothing without bounds.

Knows a standard only by its `Language`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from entrepot.core.faults import Malformed, Violation
from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    Choice,
    DataType,
    DateTime,
    Enum,
    Field,
    Json,
    Number,
    Structure,
    Text,
    decimal,
    kind_for,
)
from entrepot.core.unreadable import not_json
from entrepot.standards.schema import (
    FIGURES,
    FORMATS,
    Language,
    Plain,
    figure,
    mapping,
    text,
    whole,
)

_DEEPEST, _MOST_REFERENCES = 32, 10_000
_KINDS: Mapping[Any, Any] = {name: kind for kind, name in FORMATS.items()}
_NUMBERS = {"integer": "int", "number": "double"}


def decoded(source: bytes, plain: Any = None) -> Any:
    """The JSON value; `plain` where that is it.

    Raises:
        Malformed: it is none, or nested too deeply.
    """
    try:
        return msgspec.json.decode(source) if plain is None else plain
    except (msgspec.DecodeError, RecursionError) as error:
        raise Malformed("body", not_json(error)) from None


def checked(
    source: bytes, rules: Callable[[Any], Iterable[Violation]], plain: Any = None
) -> Sequence[Violation]:
    """What the rules say against the document; that it is none, where it is none."""
    try:
        return tuple(rules(decoded(source, plain)))
    except (Malformed, RecursionError) as error:
        return (Violation((), "rule", getattr(error, "reason", "nested too deeply")),)


class Reader:
    """One document on its way into canonical words."""

    def __init__(self, language: Language, root: Plain) -> None:
        self.language = language
        self.root = root
        self._depth = 0
        self._references = _MOST_REFERENCES

    def meant(self, plain: Any) -> Plain:
        """The definition, with what it refers to in this document merged into it.

        Raises:
            Malformed: it is no object, or the document refers too often.
        """
        if not isinstance(plain, dict):
            raise Malformed("body", f"not an object: {str(plain)[:60]}")
        found: Plain = plain
        chain = 0
        while isinstance(reference := found.get(self.language.ref), str):
            self._references -= 1
            chain += 1
            if self._references < 0 or chain > _DEEPEST:
                raise Malformed("body", "too many references")
            rest = {k: v for k, v in found.items() if k != self.language.ref}
            found = _merged(self._found(reference), rest)
        return found

    def field(self, id: str, plain: Plain, required: bool) -> Field:
        """One value."""
        found = Field(**self.value(id, plain, required))
        return self.language.own.read(found, self.language.value, plain)

    def value(self, id: str, plain: Plain, required: bool) -> dict[str, Any]:
        """What one value says, by the names of a field's members."""
        meant = self.meant(plain)
        return {
            "id": id,
            **self.language.words_of(meant),
            "type": self.type(meant),
            "required": required,
            "default": meant.get("default", self.language.term(meant, "default")),
            **self.language.unit_of(meant),
        }

    def parameters(self, schema: Any, single: str) -> tuple[Field, ...]:
        """The members of an object, or one field of the id `single` if the schema is no object."""
        if schema is None:
            return ()
        meant = self.meant(schema)
        if isinstance(meant.get("properties"), dict):
            return self._fields(meant)
        return (Field(**self.value(single, schema, False)),)

    def type(self, plain: Plain) -> DataType:
        """The type that a schema describes.

        Raises:
            Malformed: it is nested too deeply.
        """
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Malformed("body", "nested too deeply")
        try:
            return self._type(plain)
        finally:
            self._depth -= 1

    def _type(self, plain: Plain) -> DataType:
        word, marked = plain.get("type"), self.language.term(plain, "type")
        constants = self.language.constants(plain)
        if constants is not None and word == "boolean":
            labels = {value: label for value, label in constants if isinstance(value, bool)}
            return Boolean(off=labels.get(False), on=labels.get(True))
        if constants is not None or marked == "enum":
            choices = tuple(Choice(_spelled(value), label) for value, label in constants or ())
            return Enum(choices=choices, base=_BASES.get(word) if isinstance(word, str) else None)
        length = whole(plain.get("maxLength"))
        marked_length = whole(self.language.term(plain, "maxLength"))
        match word:
            case "integer" if marked == "epoch_ms":
                return DateTime(form="epoch_ms", max_length=marked_length)
            case "integer" | "number":
                return self._number(plain, _NUMBERS[word])
            case "boolean":
                return Boolean()
            case "array":
                items = self.language.items_of(self.meant(mapping(plain.get("items"))))
                return Array(item=self.type(items), max_items=whole(plain.get("maxItems")))
            case "string" if plain.get(self.language.binary[0]) == self.language.binary[1]:
                return Binary(max_length=marked_length)
            case "string" if plain.get("format") == "date-time":
                return DateTime(form="text", max_length=length)
            case "string":
                return Text(max_length=length)
            case None if plain.get("format") == "date-time":
                return DateTime(max_length=marked_length)
        if isinstance(plain.get("properties"), dict):
            return Structure(fields=self._fields(plain))
        return Json(max_length=marked_length)

    def _number(self, plain: Plain, kind: Any) -> Number:
        marked = self.language.term(plain, "kind")
        kind = marked if marked in _KINDS.values() else _KINDS.get(text(plain.get("format")), kind)
        exact = mapping(self.language.term(plain, "exact"))
        low, high, step = (_figure(plain.get(name), exact.get(name)) for name in FIGURES)
        positive = step if step is not None and step > 0 else None
        return _holding(Number(kind=kind, minimum=low, maximum=high, step=positive))

    def _fields(self, schema: Plain) -> tuple[Field, ...]:
        required = schema.get("required")
        needed = set(filter(text, required)) if isinstance(required, list) else set()
        members = schema["properties"].items()
        return tuple(self.field(id, plain, id in needed) for id, plain in members)

    def _found(self, reference: str) -> Plain:
        """What a JSON pointer into this document selects; nothing where it is another's."""
        if not reference.startswith("#/"):
            return {}
        place: Any = self.root
        for step in unquote(reference[2:]).split("/"):
            place = mapping(place).get(step.replace("~1", "/").replace("~0", "~"))
        return mapping(place)


def _holding(type_: Number) -> Number:
    """The number in a kind that holds its bounds; one over 64 bits stays whole by its step."""
    kind = kind_for(type_)
    step = type_.step or (Decimal(1) if kind == "decimal" != type_.kind else None)
    return replace(type_, kind=kind, step=step) if kind != type_.kind else type_


_BASES: dict[str, Any] = {"integer": "int", "string": "text"}


def _merged(original: Plain, patch: Plain) -> Plain:
    """RFC 7396: an object's members are merged, null removes one, all else replaces."""
    merged = dict(original)
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            merged[name] = _merged(mapping(merged.get(name)), value)
        else:
            merged[name] = value
    return merged


def _figure(found: Any, spelled: Any) -> Decimal | None:
    """The number, as exact as it is spelled beside where that is the same one."""
    if not isinstance(found, int | float):
        return None
    exact = None if spelled is None else decimal(text(spelled))
    return exact if exact is not None and figure(exact) == found else decimal(found)


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
