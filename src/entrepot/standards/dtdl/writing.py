"""Canonical thing models in DTDL: an interface for the model, and one for each of its services.

An interface is made as a flat view first, in which its contents stand by their names. A DTDL parser
refuses a whole model for one name, so names are mended and long texts are cut.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Command,
    Event,
    Field,
    Property,
    Service,
    Structure,
    ThingModel,
)
from entrepot.standards.dtdl.values import (
    NAME,
    Names,
    mended,
    noted,
    objects,
    own,
    valued,
    words,
)
from entrepot.standards.schema import Plain, text

_CONTEXT, _UNITS = "dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"
_ROOT = "dtmi:entrepot"
_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_DTMI = re.compile(
    rf"dtmi:(?!dtdl[:;]|standard[:;]){_SEGMENT}(?::{_SEGMENT})*(?:;[1-9][0-9]{{0,8}}(?:\.[1-9][0-9]{{0,5}})?)?"
)
_LONGEST_ID = 128
_REQUEST, _RESPONSE = "request", "response"

# members of a view that are none of the interface's
CONTENTS, ORDER = "contents/", "contents#"
DOCUMENT, OTHERS = "document#", "others#"
COMPONENT, INLINE = "component/", "inline#"


def write(model: ThingModel) -> bytes:
    """The model as an array of interfaces: its own, then those of its services."""
    id = interface_id(model.id)
    contents, names = _inline(model)
    found: dict[str, Plain] = {}
    for service in model.services[1 if contents else 0 :]:
        name = names.take(service.id)
        view = own.write(service, partial(_service_view, name=name, base=id))
        contents[name] = _component(view, found, under(id, name))
    view = own.write(model, partial(model_view, contents=contents, ids=[id, *found]))
    main = _interface(view)
    if view[DOCUMENT] == INLINE:
        return msgspec.json.encode(main)
    documents = {main.get("@id", ""): main}
    for other in (*found.values(), *view.get(OTHERS, ())):
        documents.setdefault(other.get("@id", ""), other)
    listed = [documents.pop(one) for one in view[DOCUMENT] if one in documents]
    return msgspec.json.encode([*listed, *documents.values()])


def _inline(model: ThingModel) -> tuple[Plain, Names]:
    """The features of no service, which stand in the model's interface, and the names they take."""
    names = Names()
    first = model.services[0] if model.services else None
    if first is not None and first.id == DEFAULT_SERVICE and _is_wordless(first):
        return _contents(first, names), names
    return {}, names


def _is_wordless(service: Service) -> bool:
    """Whether a component would say nothing of the service but its name."""
    head = service_head(replace(service, id=""), "", "", {})
    members = {name for name in head if name.startswith(COMPONENT)}
    unsaid = {COMPONENT + member for member in ("@type", "name", "schema")}
    return members == unsaid and service.type is None and not service.extras.get(NAME)


def _component(view: Plain, found: dict[str, Plain], own_id: str) -> Plain:
    """The component of a service, once its interface is among those found."""
    component = {k.removeprefix(COMPONENT): v for k, v in view.items() if COMPONENT in k}
    interface = _interface({k: v for k, v in view.items() if COMPONENT not in k})
    if component.get("schema") == INLINE:
        return {**component, "schema": interface}
    if interface:
        id = interface.get("@id", own_id)
        if found.setdefault(id, interface) != interface:  # services of one type that differ
            component["schema"] = own_id
            found[own_id] = {**interface, "@id": own_id}
    return component


def _interface(view: Plain) -> Plain:
    plain: Plain = {}
    contents: Plain = {}
    for name, value in view.items():
        if name.startswith(CONTENTS):
            contents[name.removeprefix(CONTENTS)] = value
        elif "#" not in name:
            plain[name] = value
    if contents:
        listed = [contents.pop(name) for name in view.get(ORDER, ()) if name in contents]
        plain["contents"] = [*listed, *contents.values()]
    return plain


def flat(contents: Plain) -> Plain:
    if not contents:
        return {}
    return {ORDER: list(contents), **{CONTENTS + name: one for name, one in contents.items()}}


def model_view(model: ThingModel, contents: Plain, ids: list[str]) -> Plain:
    id = interface_id(model.id)
    view = {**_interface_head(id, contents), **words(model), DOCUMENT: ids}
    return noted(view, id=None if model_id(id) == model.id else model.id)


def _service_view(service: Service, name: str, base: str) -> Plain:
    return service_head(service, name, base, _contents(service, Names()))


def service_head(service: Service, name: str, base: str, contents: Plain) -> Plain:
    own_id, typed = under(base, name), service.type or ""
    id = typed if _is_dtmi(typed) and typed != base else own_id
    component = {"@type": "Component", "name": name, **words(service), "schema": id}
    noted(
        component,
        id=None if service.id == name else service.id,
        type=None if service.type == id else service.type,
        disabled=service.disabled,
    )
    view = {COMPONENT + member: value for member, value in component.items()}
    return {**view, **_interface_head(id, contents)}


def _interface_head(id: str, contents: Plain) -> Plain:
    context = [_CONTEXT, _UNITS] if _has_unit(contents) else _CONTEXT
    return {"@context": context, "@id": id, "@type": "Interface", **flat(contents)}


def _has_unit(plain: Any) -> bool:
    if isinstance(plain, dict):
        return "unit" in plain or any(map(_has_unit, plain.values()))
    return isinstance(plain, list) and any(map(_has_unit, plain))


def _contents(service: Service, names: Names) -> Plain:
    found: Plain = {}
    for features, plain in (
        (service.properties, property_plain),
        (service.commands, command_plain),
        (service.events, event_plain),
    ):
        for feature in features:
            name = names.take(feature.id)
            found[name] = own.write(feature, partial(plain, name=name))
    return found


def property_plain(property: Property, name: str) -> Plain:
    access = property.access
    writable = access is not None and "w" in access
    telemetry = access in ("n", "rn") and not property.static
    said = "rw" if writable else "n" if telemetry else "r"
    plain = valued(
        property,
        "Telemetry" if telemetry else "Property",
        name,
        access=access if access != said else None,
        static=property.static,
    )
    if writable:
        plain["writable"] = True
    return plain


def command_plain(command: Command, name: str) -> Plain:
    plain: Plain = {"@type": "Command", "name": name, **words(command)}
    response = command.response
    title = response if response is not None and mended(response) == response else _RESPONSE
    _add_payload(plain, "request", "CommandRequest", _REQUEST, command.inputs)
    _add_payload(plain, "response", "CommandResponse", title, command.outputs)
    said = answer(plain.get("response"), is_single=is_single(command.outputs))
    return noted(
        plain,
        id=None if command.id == name else command.id,
        call=command.call,
        response=None if said == response else response,
        required=command.required,
    )


def answer(plain: Plain | None, is_single: bool) -> str | None:
    """What the answer of a command is called."""
    name = None if plain is None or is_single else text(plain.get("name"))
    return None if name == _RESPONSE else name


def is_single(fields: Sequence[Field]) -> bool:
    """Whether one field is the whole payload, and not the one member of an object."""
    return len(fields) == 1 and not isinstance(fields[0].type, Structure)


def _add_payload(plain: Plain, member: str, kind: str, name: str, fields: Sequence[Field]) -> None:
    if is_single(fields):
        only = partial(valued, kind=kind, name=mended(fields[0].id))
        plain[member] = own.write(fields[0], only)
    elif fields:
        plain[member] = {"name": name, "schema": objects(fields)}


def event_plain(event: Event, name: str) -> Plain:
    plain = {"@type": "Telemetry", "name": name, **words(event), "schema": objects(event.outputs)}
    id = None if event.id == name else event.id
    return noted(plain, id=id, event=event.severity or True, required=event.required)


# --- ids -----------------------------------------------------------------------------------------


def _is_dtmi(id: str) -> bool:
    return len(id) <= _LONGEST_ID and _DTMI.fullmatch(id) is not None


def interface_id(id: str) -> str:
    if not id:
        return f"{_ROOT};1"
    return id if _is_dtmi(id) and not id.startswith(_ROOT) else under(_ROOT, mended(id))


def under(base: str, name: str) -> str:
    id = f"{base.partition(';')[0]}:{name};1"
    return id if len(id) <= _LONGEST_ID else f"{_ROOT}:n{zlib.crc32(id.encode()):08x};1"


def model_id(dtmi: str) -> str:
    """The id of the model whose interface this is, as far as the interface's tells it."""
    if dtmi == f"{_ROOT};1":
        return ""
    name = dtmi.removeprefix(f"{_ROOT}:").removesuffix(";1")
    return name if dtmi == f"{_ROOT}:{name};1" and ":" not in name else dtmi
