"""The thing model: what a device can say, be told and do, in words that belong to no vendor.

Holds meaning, never a vendor's limits. Every default is "nothing was said" (None, false or empty), so
that what one dialect leaves out is not what another says. What a dialect alone can say, and what it
spells in a way of its own, is in `extras` under its name (`core/models/spelling.py`).
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any, Literal

import msgspec
from msgspec.structs import force_setattr

DEFAULT_SERVICE = "default"
"""The service of features that stand in none (Alibaba's default module, a flat EnOS model)."""

_MOST_DIGITS = 350  # before or after the point: a double has 309 before it, and 324 after it
_PLAIN_LENGTH = 40  # characters of a number that is written without an exponent
_exactly = Context(prec=2 * _MOST_DIGITS).normalize

_is_plain = re.compile(r"-?[0-9]+(?:\.[0-9]+)?").fullmatch  # what needs no more care

Access = Literal["r", "w", "n", "rw", "rn", "wn", "rwn"]  # read, write, notify (report by itself)
NumberKind = Literal["int", "long", "float", "double", "decimal"]
Extras = dict[str, dict[str, Any]]


class _Type(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    gc=False,
    tag_field="type",
    tag=str.lower,
):
    pass


class Number(_Type, frozen=True):
    """A number; bounds and step are exact. int has 32 bits, long 64, decimal as many digits as it needs.

    0.10 becomes 0.1 and 1E+3 becomes 1000, so that what is equal is written alike.
    """

    kind: NumberKind
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    step: Decimal | None = None

    def __post_init__(self) -> None:
        for name in ("minimum", "maximum", "step"):
            number = getattr(self, name)
            if number is None or (text := str(number)).isdigit():
                continue
            if "E" in text or ("." in text and text[-1] == "0"):
                force_setattr(self, name, Decimal(figure(number)))


class Text(_Type, frozen=True):
    """A text of at most so many characters (Alibaba: bytes)."""

    max_length: int | None = None


class Boolean(_Type, frozen=True):
    """Yes or no, and what a person calls either."""

    off: str | None = None
    on: str | None = None


class Choice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One value of an enumeration, as text, and its label."""

    value: str
    label: str | None = None


class Enum(_Type, frozen=True):
    """One of some values, which are integers or texts on the wire."""

    choices: tuple[Choice, ...] = ()
    base: Literal["int", "text"] | None = None


class DateTime(_Type, frozen=True):
    """A moment; `form` is how a device writes it: milliseconds since 1970, or as text."""

    form: Literal["epoch_ms", "text"] | None = None
    max_length: int | None = None


class Structure(_Type, frozen=True):
    """Named members."""

    fields: tuple[Field, ...] = ()


class Array(_Type, frozen=True):
    """Any number of items of one type, at most `max_items`; of texts: IoTDA's string list."""

    item: DataType
    max_items: int | None = None


class Json(_Type, frozen=True):
    """A JSON object that the model says no more of."""

    max_length: int | None = None


class Binary(_Type, frozen=True):
    """Bytes, or a file that is named in their stead."""

    max_length: int | None = None


DataType = Number | Text | Boolean | Enum | DateTime | Structure | Array | Json | Binary


class Element(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What every part of a model has: an id that is unique among its like, and words about it."""

    id: str
    name: str | None = None
    names: dict[str, str] = {}  # locale (zh_CN) -> translation
    description: str | None = None
    tags: dict[str, str] = {}
    extras: Extras = {}  # dialect -> what is its own


class Field(Element, frozen=True):
    """A value: a parameter, a member of a structure."""

    type: DataType
    required: bool = False
    default: Any = None  # any JSON value
    unit: str | None = None  # symbol: °C, kWh, %
    unit_name: str | None = None


class Property(Field, frozen=True):
    """A value that a device has. `static`: it describes the device and does not change by itself."""

    access: Access | None = None
    static: bool = False


class Command(Element, frozen=True):
    """Something a device can be told to do."""

    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    response: str | None = None  # what the answer is called
    call: Literal["sync", "async"] | None = None
    required: bool = False


class Event(Element, frozen=True):
    """Something a device reports by itself."""

    outputs: tuple[Field, ...] = ()
    severity: Literal["info", "warning", "error"] | None = None
    required: bool = False


class Service(Element, frozen=True):
    """A part of a device: its properties, commands and events (Alibaba: a module)."""

    type: str | None = None
    disabled: bool = False
    properties: tuple[Property, ...] = ()
    commands: tuple[Command, ...] = ()
    events: tuple[Event, ...] = ()


class ThingModel(Element, frozen=True):
    """A whole model. `id` is its key where it has one of its own, else empty."""

    services: tuple[Service, ...] = ()


def decimal(text: Any) -> Decimal | None:
    """The number that a text or a JSON number spells, exactly; None where it spells none of use."""
    if isinstance(text, bool) or text is None:
        return None
    if isinstance(text, str) and len(text) <= _MOST_DIGITS and _is_plain(text):
        return Decimal(text)
    try:
        found = Decimal(repr(text) if isinstance(text, float) else text)
    except (ArithmeticError, TypeError, ValueError):
        return None
    if not found.is_finite() or abs(found.adjusted()) > _MOST_DIGITS:
        return None
    return Decimal(figure(found)) if "E" in str(found) else found


def kind_for(type_: Number) -> NumberKind:
    """The number's own kind, or the narrowest wider one that holds its bounds."""
    kind = type_.kind
    if kind == "int" and not _within(type_, _INT):
        kind = "long"
    if kind == "long" and not _within(type_, _LONG):
        kind = "decimal"
    return kind


_INT, _LONG = Decimal(2) ** 31, Decimal(2) ** 63


def _within(type_: Number, most: Decimal) -> bool:
    bounds = (type_.minimum, type_.maximum)
    return all(-most <= bound < most for bound in bounds if bound is not None)


def figure(number: Decimal) -> str:
    """The number as a text: plain where that is short, else with an exponent, as 1.7976931348623157E308."""
    if abs(number.adjusted()) <= _PLAIN_LENGTH:
        text = format(number, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        if len(text) <= _PLAIN_LENGTH:
            return text
    if abs(number.adjusted()) > _MOST_DIGITS:
        return str(number)
    return format(_exactly(number), "E").removesuffix("E+0").replace("E+", "E")


def plain_number(number: Decimal) -> int | float:
    """The number for JSON: whole ones stay whole."""
    exponent = number.as_tuple().exponent
    whole = isinstance(exponent, int) and 0 <= exponent <= _MOST_DIGITS
    return int(number) if whole else float(number)
