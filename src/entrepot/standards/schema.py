"""Values in the words of JSON Schema that WoT, SDF and JSON Schema itself share, written and read.

Knows no document: what surrounds a value (things, objects, affordances) is its standard's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace

from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import (
    Array,
    Binary,
    Boolean,
    DataType,
    DateTime,
    Element,
    Enum,
    Field,
    Json,
    Number,
    NumberKind,
    Service,
    Structure,
    Text,
    decimal,
    kind_for,
    plain_number,
)
from entrepot.standards import units

Plain = dict[str, Any]
Labelled = Sequence[tuple[Any, str | None]]  # constants and their labels

PREFIX = "entrepot:"
"""Before each term that is no standard's but this project's."""

FORMATS: dict[NumberKind, str] = {"long": "int64", "float": "float", "decimal": "decimal"}
"""What OpenAPI's registry of formats calls the numbers that are more than an integer or a number."""

FIGURES = ("minimum", "maximum", "multipleOf")
_WHOLE = ("int", "long")
_BASES = {"int": "integer", "text": "string"}
_DATE_TIME = "date-time"
_MOVED = ("multipleOf", "items", "maxItems", "sdfType")
_LARGEST = 1 << 63  # JSON has no bounds for integers, its readers have


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Language:
    """How one standard says what the others say too."""

    own: Spelling
    label: str  # what the name of a thing is called
    labels: str = ""  # and its translations; blank: left out
    prefix: str = PREFIX  # blank: the standard's words alone
    ref: str = ""  # what refers to a definition in the same document
    binary: tuple[str, str]
    item_members: frozenset[str] = frozenset()  # what an array's items may have; empty: everything
    choices: Callable[[Labelled], Plain]
    constants: Callable[[Plain], Labelled | None]  # the other way; None: these are none
    takes_default: Callable[[Any], bool] = lambda value: True
    unit: str  # the member
    unit_name: Callable[[units.Unit], str]  # blank: has none
    units: Mapping[str, units.Unit] = field(default_factory=dict)  # by these names

    def own_terms(self, plain: Plain, **terms: Any) -> None:
        """Add those that say something, under the project's prefix."""
        if self.prefix:
            for name, value in terms.items():
                if value is not None and value is not False and value != {}:
                    plain[self.prefix + name] = value

    def term(self, plain: Plain, name: str) -> Any:
        """What the project's own term says; None: nothing."""
        return plain.get(self.prefix + name)

    # --- writing ---------------------------------------------------------------------------------

    def words(self, element: Element) -> Plain:
        """What people call the element."""
        plain: Plain = {}
        if element.name is not None:
            plain[self.label] = element.name
        if element.names and self.labels:
            plain[self.labels] = {k.replace("_", "-"): v for k, v in element.names.items()}
        if element.description is not None:
            plain["description"] = element.description
        if element.tags:
            self.own_terms(plain, tags=element.tags)
        return plain

    def field(self, field: Field) -> Plain:
        """The schema of one value, in the spelling that it was read in."""
        return self.own.write(field, self.value)

    def value(self, field: Field) -> Plain:
        """The schema of one value, as this standard writes it."""
        plain = self.words(field)
        plain.update(self.type(field.type))
        if field.unit is not None:
            plain[self.unit] = self._unit(field.unit)
            if self._symbol(plain[self.unit]) != field.unit:
                self.own_terms(plain, unit=field.unit)
        if field.unit_name is not None:
            self.own_terms(plain, unitName=field.unit_name)
        if field.default is not None and self.takes_default(field.default):
            plain["default"] = field.default
        elif field.default is not None:
            self.own_terms(plain, default=field.default)
        return plain

    def parameters(self, fields: Iterable[Field]) -> Plain:
        """The schema of an object that has these members."""
        listed = tuple(fields)
        plain: Plain = {"type": "object", "properties": {f.id: self.field(f) for f in listed}}
        if required := [f.id for f in listed if f.required]:
            plain["required"] = required
        return plain

    def type(self, type_: DataType) -> Plain:
        """The schema of a type."""
        return _WRITE[type(type_)](self, type_)

    def items(self, type_: DataType) -> Plain:
        """The schema of an array's items; what has no place in one is a term of the project's."""
        plain = self.type(type_)
        if self.item_members:
            if plain.get("type") == "array":
                plain[f"{self.prefix}type"] = plain.pop("type")
            for name in sorted(plain.keys() - self.item_members):
                if not name.startswith(self.prefix):
                    plain[self.prefix + name] = plain.pop(name)
        return plain

    def items_of(self, plain: Plain) -> Plain:
        """The schema of an array's items, with what has no place in one where it would stand."""
        if not self.item_members:
            return plain
        moved = {n: self.term(plain, n) for n in _MOVED if self.term(plain, n) is not None}
        if self.term(plain, "type") == "array":
            moved["type"] = "array"
        return {**plain, **moved} if moved else plain

    def _unit(self, symbol: str) -> str:
        unit = units.known(symbol)
        return (self.unit_name(unit) if unit else "") or symbol

    def _symbol(self, name: str) -> str:
        unit = self.units.get(name)
        return unit.symbol if unit else name

    # --- reading ---------------------------------------------------------------------------------

    def words_of(self, plain: Plain) -> dict[str, Any]:
        """What people call the element, by the names of its members."""
        names, tags = plain.get(self.labels), self.term(plain, "tags")
        return {
            "name": text(plain.get(self.label)),
            "names": {k.replace("-", "_"): v for k, v in texts(names).items()} if names else {},
            "description": text(plain.get("description")),
            "tags": texts(tags) if tags else {},
        }

    def unit_of(self, plain: Plain) -> dict[str, Any]:
        """The unit, by the names of its members."""
        name, symbol = text(plain.get(self.unit)), text(self.term(plain, "unit"))
        if name is not None and (symbol is None or self._unit(symbol) != name):
            symbol = self._symbol(name)
        return {"unit": symbol, "unit_name": text(self.term(plain, "unitName"))}


def text(value: Any) -> str | None:
    """The value where it is a text."""
    return value if isinstance(value, str) else None


def needed(plain: Plain, name: str) -> str:
    """The text of that name.

    Raises:
        ValueError: it is not there, or no text.
    """
    value = plain.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text: {str(value)[:60]}")
    return value


def texts(value: Any) -> dict[str, str]:
    """The value where it is texts by name."""
    if isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
        return value
    return {}


def whole(value: Any) -> int | None:
    """The value where it is an integer."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def mapping(value: Any) -> Plain:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def pointer(*steps: str) -> str:
    """The JSON pointer that selects this, as the fragment of a URI."""
    return "#/" + "/".join(map(_escaped, steps))


@lru_cache(4096)  # a document's pointers share most of their steps
def _escaped(step: str) -> str:
    return quote(step.replace("~", "~0").replace("/", "~1"), safe="~$")


def constant(value: str, base: str | None) -> Any:
    """The value of an enumeration as it is on the wire."""
    if base == "int" and len(value) < 19 and value.removeprefix("-").isdecimal():
        return int(value) if str(int(value)) == value else value
    return value


def is_bare(service: Service, own: str) -> bool:
    """Whether the service says nothing but its id and what is in it."""
    mine = {k: v for k, v in service.extras.items() if k == own}
    return service == Service(
        id=service.id,
        properties=service.properties,
        commands=service.commands,
        events=service.events,
        extras=service.extras,
    ) and not any(mine.values())


def _number(language: Language, type_: Number) -> Plain:
    plain: Plain = {"type": "integer" if type_.kind in _WHOLE else "number"}
    exact: dict[str, str] = {}
    if type_.kind == "long" == kind_for(replace(type_, kind="int")):
        pass  # its bounds say so
    elif type_.kind in FORMATS and language.prefix:
        language.own_terms(plain, kind=type_.kind)
    elif type_.kind in FORMATS:
        plain["format"] = FORMATS[type_.kind]
    step = type_.step if type_.step is not None and type_.step > 0 else None
    for name, number in zip(FIGURES, (type_.minimum, type_.maximum, step), strict=True):
        if number is not None and abs(found := figure(number)) != float("inf"):
            plain[name] = found
            if str(decimal(found)) != str(number):  # more digits than JSON's have, or 1.10
                exact[name] = str(number)
    if exact:
        language.own_terms(plain, exact=exact)
    return plain


def figure(number: Decimal) -> int | float:
    """The number for JSON, as its readers take it."""
    return plain_number(number) if abs(number) < _LARGEST else float(number)


def _text(language: Language, type_: Text) -> Plain:
    plain: Plain = {"type": "string"}
    if type_.max_length is not None:
        plain["maxLength"] = type_.max_length
    return plain


def _boolean(language: Language, type_: Boolean) -> Plain:
    plain: Plain = {"type": "boolean"}
    if type_.off is not None or type_.on is not None:
        plain.update(language.choices([(False, type_.off), (True, type_.on)]))
    return plain


def _enum(language: Language, type_: Enum) -> Plain:
    plain: Plain = {} if type_.base is None else {"type": _BASES[type_.base]}
    found = [(constant(c.value, type_.base), c.label) for c in type_.choices]
    if found:
        plain.update(language.choices(found))
    else:
        language.own_terms(plain, type="enum")
    return plain


def _date_time(language: Language, type_: DateTime) -> Plain:
    if type_.form == "text":
        return {**_text(language, Text(max_length=type_.max_length)), "format": _DATE_TIME}
    # without a type, nothing is said of how it is written
    plain: Plain = {"format": _DATE_TIME} if type_.form is None else {"type": "integer"}
    language.own_terms(plain, type=type_.form, maxLength=type_.max_length)
    return plain


def _structure(language: Language, type_: Structure) -> Plain:
    return language.parameters(type_.fields)


def _array(language: Language, type_: Array) -> Plain:
    plain: Plain = {"type": "array", "items": language.items(type_.item)}
    if type_.max_items is not None:
        plain["maxItems"] = type_.max_items
    return plain


def _json(language: Language, type_: Json) -> Plain:
    plain: Plain = {"type": "object"}
    language.own_terms(plain, maxLength=type_.max_length)
    return plain


def _binary(language: Language, type_: Binary) -> Plain:
    member, value = language.binary
    plain: Plain = {"type": "string", member: value}
    language.own_terms(plain, maxLength=type_.max_length)
    return plain


_WRITE: Mapping[type[DataType], Callable[[Language, Any], Plain]] = {
    Number: _number,
    Text: _text,
    Boolean: _boolean,
    Enum: _enum,
    DateTime: _date_time,
    Structure: _structure,
    Array: _array,
    Json: _json,
    Binary: _binary,
}
