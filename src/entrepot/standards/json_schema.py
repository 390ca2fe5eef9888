"""JSON Schema (2020-12) of what a model's services send and take; written only, since it says no more.

`$defs` has a schema for each service's properties (`battery`), for what each command takes and
answers (`battery/reboot/input`, `battery/reboot/output`) and for what each event tells
(`battery/low`). The document itself describes the properties of any one service.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from entrepot.core.models.conversion import Format
from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import Field, Property, Service, ThingModel
from entrepot.standards.schema import Plain, pointer
from entrepot.standards.wot import LANGUAGE

NAME = "jsonschema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

_language = replace(
    LANGUAGE,
    own=Spelling(NAME),
    labels="",
    prefix="",
    unit="x-unit",
    unit_name=lambda unit: unit.ucum,
    units={},
)


def write(model: ThingModel) -> bytes:
    """The schemas of all payloads in one document."""
    plain: Plain = {"$schema": DIALECT, **_language.words(model)}
    defs: Plain = {}
    payloads = []
    for service in model.services:
        defs[service.id] = _properties(service)
        payloads.append({"$ref": pointer("$defs", service.id)})
        for command in service.commands:
            base = f"{service.id}/{command.id}"
            if command.inputs:
                defs[f"{base}/input"] = {**_language.words(command), **_object(command.inputs)}
            if command.outputs:
                defs[f"{base}/output"] = {**_language.words(command), **_object(command.outputs)}
        for event in service.events:
            defs[f"{service.id}/{event.id}"] = {**_language.words(event), **_object(event.outputs)}
    if payloads:
        plain["anyOf"] = payloads
        plain["$defs"] = defs
    return msgspec.json.encode(plain)


def _properties(service: Service) -> Plain:
    plain = {**_language.words(service), **_object(service.properties)}
    plain.pop("required", None)  # a device has to have these, not each of its messages
    for property in service.properties:
        plain["properties"][property.id].update(_access(property))
    return plain


def _access(property: Property) -> Plain:
    if property.access is None or "w" not in property.access:
        return {"readOnly": True} if property.access is not None else {}
    return {} if "r" in property.access or "n" in property.access else {"writeOnly": True}


def _object(fields: Iterable[Field]) -> Plain:
    return _language.parameters(fields)


JSON_SCHEMA = Format(
    name=NAME,
    title="JSON Schema 2020-12 of the payloads",
    write=write,
)
