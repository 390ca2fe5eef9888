"""IoTDA's services as a canonical thing model; knows no product."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec

from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import UNREADABLE
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Choice,
    Command,
    DataType,
    DateTime,
    Enum,
    Event,
    Field,
    Json,
    Number,
    Property,
    Service,
    Text,
    ThingModel,
    decimal,
)
from entrepot.core.unreadable import not_a_model, not_json
from entrepot.vendors.huawei.iotda.formats import writing
from entrepot.vendors.huawei.iotda.formats.writing import ACCESS, NUMBERS, RESPONSE, Plain, own


def read(text: bytes, plain: Any = None) -> ThingModel:
    """The model of a list of services, or of a product's body that has one.

    Raises:
        Malformed: not JSON, or nothing of the kind.
    """
    try:
        plain = msgspec.json.decode(text) if plain is None else plain
    except msgspec.DecodeError as error:
        raise Malformed("body", not_json(error)) from None
    services, name, description = plain, None, None
    if isinstance(plain, dict):
        services = plain.get("service_capabilities")
        name, description = plain.get("name"), plain.get("description")
    try:
        return ThingModel(
            id="", name=name, description=description, services=tuple(map(_service, services))
        )
    except UNREADABLE as error:
        raise Malformed("body", f"not a list of services: {not_a_model(error)}") from None


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
    return own.read(found, writing.service_head, plain, ("properties", "commands", "events"))


def _property(plain: Plain) -> Property:
    found = Property(
        id=plain["property_name"],
        description=plain.get("description"),
        type=_type(plain),
        required=plain.get("required") is True,
        default=plain.get("default_value"),
        unit=plain.get("unit") or None,
        access=ACCESS.get(plain["method"]),
    )
    return own.read(found, writing.property_plain, plain)


def _field(plain: Plain) -> Field:
    found = Field(
        id=plain["para_name"],
        description=plain.get("description"),
        type=_type(plain),
        required=plain.get("required") is True,
        unit=plain.get("unit") or None,
    )
    return own.read(found, writing.field_plain, plain)


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
    # What is in it came back as it was already.
    again = partial(writing.command_of, paras=plain.get("paras"), answers=first.get("paras"))
    return own.read(found, again, plain)


def _event(plain: Plain) -> Event:
    found = Event(id=plain["event_type"], outputs=tuple(map(_field, plain.get("paras") or ())))
    return own.read(found, writing.event_head, plain, ("paras",))


def _type(plain: Plain) -> DataType:
    word = plain["data_type"]
    if word in NUMBERS:
        return Number(
            kind=NUMBERS[word],
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
            return Enum(choices=tuple(Choice(str(v)) for v in values), base="text")
        case "DateTime":
            return DateTime(form="text", max_length=length)
        case "string list":
            return Array(item=Text())
    return Json(max_length=length)
