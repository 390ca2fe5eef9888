"""IoTDA's way of writing thing models down: read, written, checked, and why it loses what it loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.models.conversion import Format, Reason
from entrepot.dialect.check import read_json
from entrepot.vendors.huawei.iotda.formats.reading import read
from entrepot.vendors.huawei.iotda.formats.size import oversize
from entrepot.vendors.huawei.iotda.formats.wire import LENIENT, Services
from entrepot.vendors.huawei.iotda.formats.writing import write
from entrepot.vendors.huawei.iotda.handles import DIALECT

REASONS = {
    "any.name": Reason("IoTDA names nothing but its services' ids; a description takes the name"),
    "any.description": Reason(
        "the name stands here, where there is no description; of a text 128 characters that IoTDA takes"
    ),
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


def check(text: bytes, plain: Any = None) -> Sequence[Violation]:
    """Every limit of CreateProduct that the text breaks."""
    raw = b'{"service_capabilities":' + text + b"}"
    try:
        body = None if plain is None else {"service_capabilities": plain}
        read_json(raw, _Body, LENIENT, body)
    except Invalid as refused:
        return (*refused.violations, *oversize(raw))
    except Malformed as refused:
        return (Violation((), "rule", refused.reason),)
    return oversize(raw)


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
