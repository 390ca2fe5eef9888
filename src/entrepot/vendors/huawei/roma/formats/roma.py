"""ROMA's services as a canonical thing model and back, in tables read both ways; knows no product.

ROMA demands bounds of every number and a length of every text. Where nobody said any, the widest that
ROMA's ten characters hold are written, and read as nothing said.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.models.conversion import UNREADABLE, Format, Reason
from entrepot.core.models.short_numbers import DOWN, UP, shortened
from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import (
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
)
from entrepot.core.unreadable import not_a_model, not_json
from entrepot.dialect.check import read_json
from entrepot.vendors.huawei.roma.common import LENIENT
from entrepot.vendors.huawei.roma.formats.document import LEDGER
from entrepot.vendors.huawei.roma.formats.wire import BOUND, MOST_LENGTH, MOST_NUMBER, Document
from entrepot.vendors.huawei.roma.handles import DIALECT

Plain = dict[str, Any]

_own = Spelling(DIALECT)

_ACCESS: dict[str, Access] = {
    "RWE": "rwn", "RW": "rw", "RE": "rn", "WE": "wn", "E": "n", "W": "w", "R": "r",
}  # fmt: skip
_METHODS = {word: theirs for theirs, word in _ACCESS.items()}
_LEAST, _MOST_INT, _MOST = "-999999999", "2147483647", "9999999999"
_WIDEST: dict[NumberKind, tuple[str, str]] = {
    "int": (_LEAST, _MOST_INT),
    "long": (_LEAST, _MOST),
    "float": (_LEAST, _MOST),
    "double": (_LEAST, _MOST),
    "decimal": (_LEAST, _MOST),
}
_FINEST = "0.00000001"  # of a number with a fraction: without a step it would be ROMA's default, 1
_WHOLE = ("int", "long")
_INT = int(_MOST_INT)
_WORDS: dict[type[DataType], str] = {
    Text: "string",
    Boolean: "boolean",
    DateTime: "datetime",
    Json: "json",
    Structure: "json",
    Array: "array",
    Binary: "string",
}
_LENGTHS = {"string": MOST_LENGTH, "json": MOST_LENGTH, "datetime": len("yyyyMMddTHHmmss")}

REASONS = {
    "any.name": Reason("ROMA names nothing but by ids; a description takes the name"),
    "any.description": Reason("the name stands here, where there is no description"),
    "any.names": Reason("ROMA has no translations"),
    "any.tags": Reason("ROMA has no tags in a model"),
    "any.unit_name": Reason("ROMA has the symbol of a unit alone"),
    "any.type.kind": Reason("ROMA has integer and number; an integer's bounds tell int and long"),
    "any.type.minimum": Reason("the least number of ROMA's ten characters stands for no minimum"),
    "any.type.maximum": Reason("the greatest of ROMA's ten characters stands for no maximum"),
    "any.type.step": Reason("the finest step of ROMA's ten characters stands for none"),
    "any.type.max_length": Reason(
        "ROMA's greatest length stands for none, a datetime's 15 as well"
    ),
    "any.type.base": Reason("the values of a ROMA string are texts"),
    "any.type.choices": Reason("ROMA lists the values between commas"),
    "any.type.form": Reason("a ROMA datetime is a text, yyyyMMddTHHmmss"),
    "any.type.item": Reason("a ROMA array does not say of what; texts are taken for it"),
    "any.type": Reason("ROMA has no such type: json for what is nested, string for bytes"),
    "any.default": Reason("ROMA has no defaults"),
    "property.static": Reason("ROMA has no attributes beside properties"),
    "service.type": Reason("a ROMA service has no type"),
    "event": Reason("ROMA has no events"),
    "command.response": Reason("a ROMA command has one answer, which has no name"),
    "command.call": Reason("the caller of a ROMA command says whether it waits for the answer"),
    "command.required": Reason("in ROMA only properties and parameters are required"),
}


# --- reading -------------------------------------------------------------------------------------


def read(text: bytes, plain: Any = None) -> ThingModel:
    """The model of a document.

    Raises:
        Malformed: not JSON, or nothing of the kind.
    """
    try:
        plain = msgspec.json.decode(text) if plain is None else plain
        services = plain["services"]
        found = ThingModel(id="", services=tuple(map(_service, services)))
        return _own.read(found, lambda model: {"services": services}, plain)
    except msgspec.DecodeError as error:
        raise Malformed("body", not_json(error)) from None
    except UNREADABLE as error:
        raise Malformed("body", f"not a document of services: {not_a_model(error)}") from None


def _service(plain: Plain) -> Service:
    found = Service(
        id=plain["service_name"],
        description=plain.get("description"),
        disabled=plain.get("status") == 1,
        properties=tuple(map(_property, plain.get("properties") or ())),
        commands=tuple(map(_command, plain.get("commands") or ())),
    )
    return _own.read(found, _service_head, plain, ("properties", "commands"))


def _command(plain: Plain) -> Command:
    found = Command(
        id=plain["command_name"],
        description=plain.get("description"),
        inputs=tuple(map(_field, plain.get("requests") or ())),
        outputs=tuple(map(_field, plain.get("responses") or ())),
    )
    return _own.read(found, _command_head, plain, ("requests", "responses"))


def _property(plain: Plain) -> Property:
    method = plain.get("method")
    found = Property(**_members(plain), access=None if method is None else _access(method))
    return _own.read(found, _property_plain, plain)


def _field(plain: Plain) -> Field:
    found = Field(**_members(plain))
    return _own.read(found, _field_plain, plain)


def _members(plain: Plain) -> Plain:
    return {
        "id": plain["property_name"],
        "description": plain.get("description"),
        "type": _type(plain),
        "required": plain.get("required") == 1,
        "unit": plain.get("unit") or None,
    }


def _access(method: str) -> Access | None:
    if method in _ACCESS:
        return _ACCESS[method]
    return _ACCESS.get("".join(letter for letter in "RWE" if letter in method))


def _type(plain: Plain) -> DataType:
    word = plain["data_type"]
    values = plain.get("enum_list")
    if word in ("string", "integer") and isinstance(values, str) and values:
        return _enum(values, plain.get("enum_dict"), word)
    length = plain.get("max_length")
    if length == _LENGTHS.get(word) or not isinstance(length, int):
        length = None
    match word:
        case "integer":
            return _number(plain, "int")
        case "number":
            return _number(plain, "decimal")
        case "string":
            return Text(max_length=length)
        case "boolean":
            labels = _labels(plain.get("enum_dict"))
            return Boolean(off=labels.get("0"), on=labels.get("1"))
        case "datetime":
            return DateTime(form="text", max_length=length)
        case "array":
            return Array(item=Text(), max_items=length)
    return Json(max_length=length)


def _number(plain: Plain, kind: NumberKind) -> Number:
    low, high, step = decimal(plain.get("min")), decimal(plain.get("max")), plain.get("step")
    if kind == "int" and not all(-_INT - 1 <= n <= _INT for n in (low, high) if n is not None):
        kind = "long"
    widest = _WIDEST[kind]
    return Number(
        kind=kind,
        minimum=None if plain.get("min") == widest[0] else low,
        maximum=None if plain.get("max") == widest[1] else high,
        step=None if step == _FINEST else decimal(step or None),
    )


def _enum(values: str, labels: Any, word: str) -> Enum:
    called = _labels(labels)
    choices = tuple(Choice(v, called.get(v)) for v in map(str.strip, values.split(",")))
    return Enum(choices=choices, base="text" if word == "string" else "int")


def _labels(plain: Any) -> dict[str, str]:
    if not isinstance(plain, dict):
        return {}
    return {value: label for value, label in plain.items() if isinstance(label, str)}


# --- writing -------------------------------------------------------------------------------------


def write(model: ThingModel) -> bytes:
    """The model's services as a document."""
    return msgspec.json.encode(_own.write(model, _document))


def _document(model: ThingModel) -> Plain:
    return {"services": [_own.write(service, _service_plain) for service in model.services]}


def _service_plain(service: Service) -> Plain:
    plain = _service_head(service)
    if service.properties:
        plain["properties"] = [_own.write(p, _property_plain) for p in service.properties]
    if service.commands:
        plain["commands"] = [_own.write(c, _command_plain) for c in service.commands]
    return plain


def _service_head(service: Service) -> Plain:
    return {"service_name": service.id, "status": int(service.disabled), **_described(service)}


def _command_plain(command: Command) -> Plain:
    plain = _command_head(command)
    if command.inputs:
        plain["requests"] = [_own.write(f, _field_plain) for f in command.inputs]
    if command.outputs:
        plain["responses"] = [_own.write(f, _field_plain) for f in command.outputs]
    return plain


def _command_head(command: Command) -> Plain:
    return {"command_name": command.id, **_described(command)}


def _property_plain(property: Property) -> Plain:
    plain = _field_plain(property)
    if property.access is not None:
        plain["method"] = _METHODS[property.access]
    return plain


def _field_plain(field: Field) -> Plain:
    plain: Plain = {"property_name": field.id, **_described(field), "required": int(field.required)}
    type_ = field.type
    if isinstance(type_, Number):
        _write_number(plain, type_)
    elif isinstance(type_, Enum):
        _write_enum(plain, type_)
    else:
        word = plain["data_type"] = _WORDS[type(type_)]
        length = type_.max_items if isinstance(type_, Array) else getattr(type_, "max_length", None)
        if length is None or not 1 <= length <= MOST_LENGTH:
            length = _LENGTHS.get(word)
        if length is not None:
            plain["max_length"] = length
        if isinstance(type_, Boolean):
            _label(plain, {"0": type_.off, "1": type_.on})
    if field.unit is not None:
        plain["unit"] = field.unit
    return plain


def _write_number(plain: Plain, type_: Number) -> None:
    kind = kind_for(type_)
    whole = kind in _WHOLE
    plain["data_type"] = "integer" if whole else "number"
    for name, bound, rounding, widest in zip(
        ("min", "max"), (type_.minimum, type_.maximum), (DOWN, UP), _WIDEST[kind], strict=True
    ):
        plain[name] = (None if bound is None else _bound(bound, whole, rounding)) or widest
    step = None if type_.step is None else _bound(type_.step, whole, DOWN)
    if step is not None:
        plain["step"] = step
    elif not whole:
        plain["step"] = _FINEST


def _bound(number: Decimal, whole: bool, rounding: str) -> str | None:
    """One text for each value; None if ROMA's ten characters hold neither it nor one just beyond it."""
    if abs(number) > MOST_NUMBER or (whole and number != number.to_integral_value()):
        return None
    text = shortened(number, BOUND, rounding)
    return None if whole and text is not None and decimal(text) != number else text


def _write_enum(plain: Plain, type_: Enum) -> None:
    """INFERRED: enum_list is documented for strings and enum_dict for booleans; both take the others."""
    values = [choice.value for choice in type_.choices]
    plain["enum_list"] = ",".join(values)
    if type_.base == "int":
        plain["data_type"] = "integer"
        found = [n for v in values if (n := decimal(v)) is not None]
        plain["min"] = (_bound(min(found), True, DOWN) if found else None) or _LEAST
        plain["max"] = (_bound(max(found), True, UP) if found else None) or _MOST_INT
    else:
        plain["data_type"] = "string"
        plain["max_length"] = max(map(len, values), default=1) or 1
    _label(plain, {choice.value: choice.label for choice in type_.choices})


def _label(plain: Plain, labels: dict[str, str | None]) -> None:
    said = {value: label for value, label in labels.items() if label is not None}
    if said:
        plain["enum_dict"] = said


def _described(element: Element) -> Plain:
    text = element.name if element.description is None else element.description
    return {} if text is None else {"description": text}


def check(text: bytes, plain: Any = None) -> Sequence[Violation]:
    """Every limit of the create calls that the text breaks."""
    try:
        read_json(text, Document, LENIENT, plain)
    except Invalid as refused:
        return refused.violations
    except Malformed as refused:
        return (Violation((), "rule", refused.reason),)
    return ()


def _recognise(plain: Any) -> bool:
    services = plain.get("services") if isinstance(plain, dict) else None
    if not services:  # others have a list of that name too
        return services == [] and plain.keys() <= {"services", LEDGER}
    return isinstance(services, list) and all(
        isinstance(one, dict) and "service_name" in one for one in services
    )


ROMA_FORMAT = Format(
    name=DIALECT,
    title="Huawei ROMA Connect services",
    dialect=DIALECT,
    read=read,
    write=write,
    check=check,
    recognise=_recognise,
    reasons=REASONS,
)
