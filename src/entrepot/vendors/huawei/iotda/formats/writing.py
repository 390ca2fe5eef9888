"""The canonical thing model as IoTDA's services; knows no product and reads nothing."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import msgspec

from entrepot.core.models.short_numbers import DOWN, UP, shortened
from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import (
    Access,
    Array,
    Binary,
    Boolean,
    Command,
    DataType,
    DateTime,
    Element,
    Enum,
    Event,
    Field,
    Json,
    Number,
    NumberKind,
    Property,
    Service,
    Structure,
    Text,
    ThingModel,
    decimal,
    kind_for,
    plain_number,
)
from entrepot.vendors.huawei.iotda.formats.wire import BOUND, TEXT_CLASS
from entrepot.vendors.huawei.iotda.handles import DIALECT

Plain = dict[str, Any]

own = Spelling(DIALECT)

ACCESS: dict[str, Access] = {
    "RWE": "rwn", "RW": "rw", "RE": "rn", "WE": "wn", "E": "n", "W": "w", "R": "r",
}  # fmt: skip
_METHODS = {word: theirs for theirs, word in ACCESS.items()}
NUMBERS: dict[str, NumberKind] = {"int": "int", "long": "long", "decimal": "decimal"}
# Of IoTDA's words only decimal has a fraction.
_NUMBER_WORDS = {**{kind: kind for kind in NUMBERS}, "float": "decimal", "double": "decimal"}
_WORDS: dict[type[DataType], str] = {
    Text: "string",
    Boolean: "boolean",
    Enum: "enum",
    DateTime: "DateTime",
    Json: "jsonObject",
    Structure: "jsonObject",
    Array: "jsonObject",
    Binary: "string",
}
_BOUNDED = (Text, DateTime, Json)
LIST = "string list"
RESPONSE = "cmdResponses"  # what Terraform's provider calls the one answer of a command


def write(model: ThingModel) -> bytes:
    """The model's services, as `service_capabilities` takes them."""
    return msgspec.json.encode([own.write(service, _service_plain) for service in model.services])


def _service_plain(service: Service) -> Plain:
    plain = service_head(service)
    if service.properties:
        plain["properties"] = [own.write(p, property_plain) for p in service.properties]
    if service.commands:
        plain["commands"] = [own.write(c, command_plain) for c in service.commands]
    if service.events:
        plain["events"] = [own.write(e, event_plain) for e in service.events]
    return plain


def service_head(service: Service) -> Plain:
    """The service without what is in it."""
    plain: Plain = {"service_id": service.id, "service_type": service.type or service.id}
    _describe(plain, service)
    plain["option"] = "Optional"
    return plain


def property_plain(property: Property) -> Plain:
    """The property; one that nobody gave an access can be read."""
    plain = {"property_name": property.id, **_typed(property)}
    plain["method"] = _METHODS[property.access or "r"]
    if property.default is not None:
        plain["default_value"] = property.default
    return plain


def field_plain(field: Field) -> Plain:
    """The field as a parameter."""
    return {"para_name": field.id, **_typed(field)}


def _typed(field: Field) -> Plain:
    type_ = field.type
    kind = type(type_)
    plain: Plain = {"required": field.required}
    if isinstance(type_, Number):
        _write_number(plain, type_)
    elif isinstance(type_, Array) and isinstance(type_.item, Text):
        plain["data_type"] = LIST
    else:
        plain["data_type"] = _WORDS[kind]
        if isinstance(type_, Enum):
            plain["enum_list"] = [choice.value for choice in type_.choices]
        elif isinstance(type_, _BOUNDED) and type_.max_length is not None:
            plain["max_length"] = type_.max_length
    if field.unit is not None:
        plain["unit"] = field.unit
    _describe(plain, field)
    return plain


def _write_number(plain: Plain, type_: Number) -> None:
    kind = kind_for(type_)
    plain["data_type"] = _NUMBER_WORDS[kind]
    for name, bound, rounding in (("min", type_.minimum, DOWN), ("max", type_.maximum, UP)):
        text = None if bound is None else _bound(bound, kind, rounding)
        if text is not None:
            plain[name] = text
    if type_.step is not None:
        plain["step"] = plain_number(type_.step)


def _bound(number: Decimal, kind: NumberKind, rounding: str) -> str | None:
    """One text for each number; None if 16 characters hold neither it nor one just beyond it."""
    text = shortened(number, BOUND, rounding)
    if text is None or decimal(text) == number:
        return text
    # A whole number has no near spelling; the nearest double beyond the greatest is infinite.
    return None if kind in ("int", "long") or math.isinf(float(text)) else text


def command_plain(command: Command) -> Plain:
    """The command; what it answers is one response."""
    return command_of(
        command,
        [own.write(f, field_plain) for f in command.inputs],
        [own.write(f, field_plain) for f in command.outputs],
    )


def command_of(command: Command, paras: list[Plain] | None, answers: list[Plain] | None) -> Plain:
    """The command, its parameters and what it answers written already."""
    plain: Plain = {"command_name": command.id}
    if paras:
        plain["paras"] = paras
    if answers or command.response:
        answer: Plain = {"response_name": command.response or RESPONSE}
        if answers:
            answer["paras"] = answers
        plain["responses"] = [answer]
    return plain


def event_plain(event: Event) -> Plain:
    """The event."""
    plain = event_head(event)
    if event.outputs:
        plain["paras"] = [own.write(f, field_plain) for f in event.outputs]
    return plain


def event_head(event: Event) -> Plain:
    """The event without what is in it."""
    return {"event_type": event.id}


_DESCRIPTION = 128
_fits = re.compile(rf"[{TEXT_CLASS}]{{0,{_DESCRIPTION}}}").fullmatch
_strange = re.compile(rf"[^{TEXT_CLASS}]+")


def _describe(plain: Plain, element: Element) -> None:
    text = element.name if element.description is None else element.description
    if text is not None:
        plain["description"] = text if _fits(text) else _strange.sub(" ", text)[:_DESCRIPTION]
