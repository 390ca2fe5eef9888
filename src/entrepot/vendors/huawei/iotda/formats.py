"""IoTDA's services as a canonical thing model and back, in tables read both ways; knows no product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot.core.conversion import Format, Reason
from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.spelling import Spelling
from entrepot.core.thing_model import (
    Access,
    Array,
    Binary,
    Boolean,
    Choice,
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
    plain_number,
)
from entrepot.dialect.check import read_json
from entrepot.vendors.huawei.iotda.body import LENIENT
from entrepot.vendors.huawei.iotda.handles import DIALECT
from entrepot.vendors.huawei.iotda.model import Services

Plain = dict[str, Any]

_own = Spelling(DIALECT)

_ACCESS: dict[str, Access] = {
    "RWE": "rwn", "RW": "rw", "RE": "rn", "WE": "wn", "E": "n", "W": "w", "R": "r",
}  # fmt: skip
_METHODS = {word: theirs for theirs, word in _ACCESS.items()}
_NUMBERS: dict[str, NumberKind] = {"int": "int", "long": "long", "decimal": "decimal"}
# Of IoTDA's words only decimal has a fraction.
_NUMBER_WORDS = {**{kind: kind for kind in _NUMBERS}, "float": "decimal", "double": "decimal"}
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
_LIST = "string list"
RESPONSE = "cmdResponses"  # what Terraform's provider calls the one answer of a command

REASONS = {
    "any.name": Reason("IoTDA names nothing but its services' ids; a description takes the name"),
    "any.description": Reason("the name stands here, where there is no description"),
    "any.names": Reason("IoTDA has no translations"),
    "any.tags": Reason("IoTDA has no tags in a model"),
    "any.unit_name": Reason("IoTDA has the symbol of a unit alone"),
    "any.type.kind": Reason("decimal is IoTDA's only number with a fraction"),
    "any.type.base": Reason("the values of an IoTDA enum are texts"),
    "any.type.choices": Reason("IoTDA lists the values of an enum without labels"),
    "any.type.off": Reason("IoTDA has no labels for yes and no"),
    "any.type.on": Reason("IoTDA has no labels for yes and no"),
    "any.type.form": Reason("an IoTDA DateTime is a text, yyyyMMdd'T'HHmmss'Z'"),
    "any.type": Reason("IoTDA has no such type: jsonObject for what is nested, string for bytes"),
    "field.default": Reason("a parameter has no default in IoTDA"),
    "property.access": Reason("IoTDA demands a method"),
    "property.static": Reason("IoTDA has no attributes beside properties"),
    "command.call": Reason("IoTDA's commands do not say whether they are answered at once"),
    "event.severity": Reason("IoTDA's events have no severity"),
    "command.required": Reason("in IoTDA only properties and parameters are required"),
    "event.required": Reason("in IoTDA only properties and parameters are required"),
}


# --- reading -------------------------------------------------------------------------------------


def read(text: bytes) -> ThingModel:
    """The model of a list of services, or of a product's body that has one.

    Raises:
        Malformed: not JSON, or nothing of the kind.
    """
    try:
        plain = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise Malformed("body", str(error)) from None
    services, name, description = plain, None, None
    if isinstance(plain, dict):
        services = plain.get("service_capabilities")
        name, description = plain.get("name"), plain.get("description")
    try:
        return ThingModel(
            id="", name=name, description=description, services=tuple(map(_service, services))
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise Malformed("body", f"not a list of services: {error}") from None


def _service(plain: Plain) -> Service:
    id, type_ = plain["service_id"], plain.get("service_type")
    found = Service(
        id=id,
        type=None if type_ == id else type_ or None,
        description=plain.get("description"),
        properties=tuple(map(_property, plain.get("properties") or ())),
        commands=tuple(map(_command, plain.get("commands") or ())),
        events=tuple(map(_event, plain.get("events") or ())),
    )
    written = _service_head(found)
    # What is in it came back as it was already.
    for name in ("properties", "commands", "events"):
        if plain.get(name):
            written[name] = plain[name]
    return _own.read(found, written, plain)


def _property(plain: Plain) -> Property:
    found = Property(
        id=plain["property_name"],
        description=plain.get("description"),
        type=_type(plain),
        required=plain.get("required") is True,
        default=plain.get("default_value"),
        unit=plain.get("unit") or None,
        access=_ACCESS.get(plain["method"]),
    )
    return _own.read(found, _property_plain(found), plain)


def _field(plain: Plain) -> Field:
    found = Field(
        id=plain["para_name"],
        description=plain.get("description"),
        type=_type(plain),
        required=plain.get("required") is True,
        unit=plain.get("unit") or None,
    )
    return _own.read(found, _field_plain(found), plain)


def _command(plain: Plain) -> Command:
    responses = plain.get("responses") or ()
    first = responses[0] if responses else {}
    name = first.get("response_name")
    found = Command(
        id=plain["command_name"],
        inputs=tuple(map(_field, plain.get("paras") or ())),
        outputs=tuple(map(_field, first.get("paras") or ())),
        response=None if name == RESPONSE else name,
    )
    return _own.read(found, _command_plain(found), plain)


def _event(plain: Plain) -> Event:
    found = Event(id=plain["event_type"], outputs=tuple(map(_field, plain.get("paras") or ())))
    return _own.read(found, _event_plain(found), plain)


def _type(plain: Plain) -> DataType:
    word = plain["data_type"]
    if word in _NUMBERS:
        return Number(
            kind=_NUMBERS[word],
            minimum=decimal(plain.get("min")),
            maximum=decimal(plain.get("max")),
            step=decimal(plain.get("step") or None),
        )
    length = plain.get("max_length") or None
    match word:
        case "string":
            return Text(max_length=length)
        case "boolean":
            return Boolean()
        case "enum":
            values = plain.get("enum_list") or ()
            return Enum(choices=tuple(Choice(v) for v in values), base="text")
        case "DateTime":
            return DateTime(form="text", max_length=length)
        case "string list":
            return Array(item=Text())
    return Json(max_length=length)


# --- writing -------------------------------------------------------------------------------------


def write(model: ThingModel) -> bytes:
    """The model's services, as `service_capabilities` takes them."""
    return msgspec.json.encode([_own.write(service, _service_plain) for service in model.services])


def _service_plain(service: Service) -> Plain:
    plain = _service_head(service)
    if service.properties:
        plain["properties"] = [_own.write(p, _property_plain) for p in service.properties]
    if service.commands:
        plain["commands"] = [_own.write(c, _command_plain) for c in service.commands]
    if service.events:
        plain["events"] = [_own.write(e, _event_plain) for e in service.events]
    return plain


def _service_head(service: Service) -> Plain:
    plain: Plain = {"service_id": service.id, "service_type": service.type or service.id}
    _describe(plain, service)
    plain["option"] = "Optional"
    return plain


def _property_plain(property: Property) -> Plain:
    plain = {"property_name": property.id, **_typed(property)}
    plain["method"] = _METHODS[property.access or "r"]
    if property.default is not None:
        plain["default_value"] = property.default
    return plain


def _field_plain(field: Field) -> Plain:
    return {"para_name": field.id, **_typed(field)}


def _typed(field: Field) -> Plain:
    type_ = field.type
    kind = type(type_)
    plain: Plain = {"required": field.required}
    if isinstance(type_, Number):
        plain["data_type"] = _NUMBER_WORDS[type_.kind]
        if type_.minimum is not None:
            plain["min"] = str(type_.minimum)
        if type_.maximum is not None:
            plain["max"] = str(type_.maximum)
        if type_.step is not None:
            plain["step"] = plain_number(type_.step)
    elif isinstance(type_, Array) and isinstance(type_.item, Text):
        plain["data_type"] = _LIST
    else:
        plain["data_type"] = _WORDS[kind]
        if isinstance(type_, Enum):
            plain["enum_list"] = [choice.value for choice in type_.choices]
        elif isinstance(type_, Text | DateTime | Json) and type_.max_length is not None:
            plain["max_length"] = type_.max_length
    if field.unit is not None:
        plain["unit"] = field.unit
    _describe(plain, field)
    return plain


def _command_plain(command: Command) -> Plain:
    plain: Plain = {"command_name": command.id}
    if command.inputs:
        plain["paras"] = [_own.write(f, _field_plain) for f in command.inputs]
    if command.outputs or command.response:
        answer: Plain = {"response_name": command.response or RESPONSE}
        if command.outputs:
            answer["paras"] = [_own.write(f, _field_plain) for f in command.outputs]
        plain["responses"] = [answer]
    return plain


def _event_plain(event: Event) -> Plain:
    plain: Plain = {"event_type": event.id}
    if event.outputs:
        plain["paras"] = [_own.write(f, _field_plain) for f in event.outputs]
    return plain


def _describe(plain: Plain, element: Element) -> None:
    text = element.name if element.description is None else element.description
    if text is not None:
        plain["description"] = text


def check(text: bytes) -> Sequence[Violation]:
    """Every limit of CreateProduct that the text breaks."""
    try:
        read_json(b'{"service_capabilities":' + text + b"}", _Body, LENIENT)
    except Invalid as refused:
        return refused.violations
    except Malformed as refused:
        return (Violation((), "rule", refused.reason),)
    return ()


class _Body(msgspec.Struct):
    service_capabilities: Services


def _recognise(plain: Any) -> bool:
    if isinstance(plain, dict):
        return "service_capabilities" in plain
    return isinstance(plain, list) and all(isinstance(s, dict) and "service_id" in s for s in plain)


IOTDA_FORMAT = Format(
    name=DIALECT,
    title="Huawei IoTDA service_capabilities",
    dialect=DIALECT,
    read=read,
    write=write,
    check=check,
    recognise=_recognise,
    reasons=REASONS,
)
