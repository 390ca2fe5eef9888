"""What Alibaba calls types, kinds and access, and what stands in for what it has no word for; knows no document."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, Literal

from msgspec.structs import replace

from entrepot.core.models.conversion import Reason
from entrepot.core.models.thing_model import (
    Access,
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
    NumberKind,
    Structure,
    Text,
    decimal,
    figure,
    kind_for,
    plain_number,
)

TEXT_BYTES = 10_240  # an older page says 2,048
ARRAY = 512

Plain = dict[str, Any]
Severity = Literal["info", "warning", "error"]
Sync = Literal["sync", "async"]

ACCESS: dict[str, Access] = {"r": "r", "rw": "rw", "w": "w"}
# Alibaba's devices report whatever they have, so that nothing says "notify".
ACCESS_WORDS: dict[Access | None, str] = {
    "r": "r", "rw": "rw", "w": "w", "n": "r", "rn": "r", "wn": "rw", "rwn": "rw", None: "r",
}  # fmt: skip
SEVERITY: dict[str, Severity] = {"info": "info", "alert": "warning", "error": "error"}
SEVERITY_WORDS = {severity: word for word, severity in SEVERITY.items()}
CALLS: dict[str, Sync] = {"async": "async", "sync": "sync"}

NUMBERS: dict[str, NumberKind] = {"int": "int", "float": "float", "double": "double"}
WORDS: dict[type[DataType], str] = {
    Text: "text", Boolean: "bool", Enum: "enum", DateTime: "date", Structure: "struct",
    Array: "array",
}  # fmt: skip

# What stands where (TSL data types): a struct is not nested, an array holds no bool, enum, date or array.
MEMBERS = frozenset(("int", "float", "double", "text", "date", "bool", "enum"))
ITEMS = frozenset(("int", "float", "double", "text", "struct"))
ANYWHERE = MEMBERS | ITEMS | {"array"}

_MOST_DIGITS = 20  # of a whole number in a text: more are no value of an enum, and no length

_TEXTUAL = (Text, Json, Binary)  # a tuple: a union would be made anew for each value
_ONE_BIT = Number(kind="int", minimum=Decimal(0), maximum=Decimal(1))

REASONS = {
    "model.id": Reason("a model has no key of its own here but its product's"),
    "any.name": Reason("only modules, features and what these hold have names here"),
    "any.description": Reason("only features and modules have descriptions here"),
    "any.names": Reason("Alibaba's models have no translations"),
    "any.tags": Reason("Alibaba's models have no tags"),
    "any.default": Reason("only numbers have a default here"),
    "any.required": Reason("only features are required here; what they hold is not"),
    "any.unit": Reason("bool, enum and struct have no unit here"),
    "any.unit_name": Reason("bool, enum and struct have no unit here"),
    "any.type.kind": Reason("Alibaba's numbers are int, float and double; double holds the others"),
    "any.type.base": Reason("the values of Alibaba's enums are integers"),
    "any.type.choices": Reason("the values of Alibaba's enums are integers; these texts are names"),
    "any.type.form": Reason("an Alibaba date is a text of milliseconds since 1970"),
    "any.type.max_length": Reason("only texts have a length here, of 1 to 10240 bytes"),
    "any.type": Reason(
        "Alibaba has no such type here: text stands for JSON, bytes and what would be nested"
    ),
    "property.access": Reason("Alibaba says r, rw or w; devices report whatever they have"),
    "property.static": Reason("Alibaba has no attributes beside properties"),
    "command.call": Reason("Alibaba demands a call type; async is the one that waits for nothing"),
    "command.response": Reason("the answer of an Alibaba service has no name"),
    "event.severity": Reason("Alibaba demands a type of events; info claims the least"),
    "service.type": Reason("an Alibaba module has an identifier and a name, and no type"),
    "service.disabled": Reason("an Alibaba module cannot be switched off"),
}


def word_of(type_: DataType) -> str:
    """TSL's word for a type that is `fitted`."""
    return type_.kind if isinstance(type_, Number) else WORDS[type(type_)]


def fitted(type_: DataType, allowed: frozenset[str] = ANYWHERE) -> DataType:
    """The type itself where Alibaba has it in this place, else the nearest that it has."""
    if isinstance(type_, Number):
        return _number(type_)
    if isinstance(type_, Enum):
        type_ = _numbered(type_)
    elif isinstance(type_, _TEXTUAL):
        return Text(max_length=_count(type_.max_length, TEXT_BYTES))
    elif isinstance(type_, Array):
        type_ = replace(type_, max_items=_count(type_.max_items, ARRAY))
    if WORDS[type(type_)] in allowed:
        return type_
    if isinstance(type_, Boolean):
        return _ONE_BIT
    return Number(kind="int") if isinstance(type_, Enum) else Text()


def _number(type_: Number) -> Number:
    """The number as one of Alibaba's; the bounds of an int are whole, and its step is."""
    kind = kind_for(type_)
    if kind not in NUMBERS:
        return replace(type_, kind="double")
    if kind != "int" or all(_is_whole(n) for n in (type_.minimum, type_.maximum, type_.step)):
        return type_
    low, high, step = type_.minimum, type_.maximum, type_.step
    return replace(
        type_,
        minimum=None if low is None else low.to_integral_value(ROUND_CEILING),
        maximum=None if high is None else high.to_integral_value(ROUND_FLOOR),
        step=step if _is_whole(step) else None,
    )


def _is_whole(number: Decimal | None) -> bool:
    return number is None or number == number.to_integral_value()


def _count(given: int | None, most: int) -> int | None:
    """A length that Alibaba takes; None says nothing of it."""
    return None if given is None or given < 1 else min(given, most)


def _numbered(type_: Enum) -> Enum:
    """Texts become the names of 0, 1, 2: what they say outlives what they were called."""
    if all(_whole(choice.value) for choice in type_.choices):
        return type_
    values = (choice.value for choice in type_.choices)
    return Enum(choices=tuple(Choice(str(n), text) for n, text in enumerate(values)), base="int")


def _whole(text: str) -> bool:
    digits = text[1:] if text[:1] == "-" else text
    plain = len(text) < _MOST_DIGITS and digits.isascii() and digits.isdigit()
    return plain and str(int(text)) == text


def number_specs(type_: Number) -> Plain:
    """What both formats say alike of a number."""
    specs: Plain = {}
    if type_.minimum is not None:
        specs["min"] = figure(type_.minimum)
    if type_.maximum is not None:
        specs["max"] = figure(type_.maximum)
    if type_.step is not None:
        specs["step"] = figure(type_.step)
    return specs


def unit_specs(field: Field) -> Plain:
    """The unit of a value. The pages have it for numbers alone; a text that stands for some keeps it."""
    specs: Plain = {}
    if field.unit is not None:
        specs["unit"] = field.unit
    if field.unit_name is not None:
        specs["unitName"] = field.unit_name
    return specs


def default_specs(field: Field) -> Plain:
    """The default of a number, as a text."""
    default = field.default
    if default is None:
        return {}
    exact = decimal(default) if isinstance(default, int | float) else None
    return {} if exact is None else {"defaultValue": figure(exact)}


def number(kind: NumberKind, specs: Plain) -> Number:
    """The number that specs of either format say."""
    return Number(
        kind=kind,
        minimum=decimal(specs.get("min")),
        maximum=decimal(specs.get("max")),
        step=decimal(specs.get("step")),
    )


def default_of(type_: DataType, specs: Plain) -> int | float | None:
    """The default of a number."""
    if not isinstance(type_, Number):
        return None
    found = decimal(specs.get("defaultValue"))
    return None if found is None else plain_number(found)


def text_of(specs: Plain, name: str) -> str | None:
    """A member that is a text, None where it is something else or nothing."""
    found = specs.get(name)
    return found if isinstance(found, str) and found else None


def count_of(specs: Plain, name: str) -> int | None:
    """A length or a size, as text or number."""
    found = specs.get(name)
    if isinstance(found, str) and found.isascii() and found.isdigit():
        return int(found) if len(found) < _MOST_DIGITS else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def label(name: Any, value: str) -> str | None:
    """The name of a value, None where it is the value itself: then nobody named it."""
    return name if isinstance(name, str) and name != value else None


def name_of(plain: Plain, member: str, id: str) -> str | None:
    """The name of an element, None where it is the identifier: Alibaba demands one."""
    name = plain.get(member)
    return name if isinstance(name, str) and name != id else None
