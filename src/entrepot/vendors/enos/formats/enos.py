"""EnOS's thing model as a canonical one and back; knows no call and no product.

EnOS has four flat maps of features. A canonical service other than the default one is spelled as
what stands before an identifier's first dot, as EnOS's own users name points (WNAC.WindSpeed).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from entrepot.core.faults import Invalid, Malformed, Violation
from entrepot.core.models.conversion import UNREADABLE, Format, Reason
from entrepot.core.models.spelling import restored
from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Command,
    Element,
    Event,
    Number,
    Property,
    Service,
    ThingModel,
)
from entrepot.core.unreadable import not_a_model, not_json
from entrepot.vendors.enos.formats import wire
from entrepot.vendors.enos.formats.points import (
    Plain,
    head,
    i18n,
    own,
    point,
    point_plain,
    said,
    typed,
    typed_plain,
)
from entrepot.vendors.enos.handles import DIALECT

E = TypeVar("E", Property, Command, Event)

_CALLS: dict[str, Literal["sync", "async"]] = {"SYNC": "sync", "ASYNC": "async"}
_CALL_WORDS = {word: theirs for theirs, word in _CALLS.items()}
_SEVERITIES: dict[str, Literal["info", "warning", "error"]] = {
    "INFO": "info", "WARN": "warning", "ERROR": "error",
}  # fmt: skip
_SEVERITY_WORDS = {word: theirs for theirs, word in _SEVERITIES.items()}

_NO_MODULES = Reason("EnOS has no modules: identifiers carry the service's id, and no more is said")
REASONS = {
    "model.id": Reason("EnOS demands a modelId: it is made from the name"),
    "model.services": Reason("EnOS orders features by their kind"),
    "service": _NO_MODULES,
    **{f"service.{m}": _NO_MODULES for m in ("name", "names", "description", "tags")},
    "service.type": _NO_MODULES,
    "service.disabled": _NO_MODULES,
    "service.properties": Reason("EnOS has the attributes of a model apart from its measurepoints"),
    "any.name": Reason("a name that is the identifier again says nothing in EnOS", "kept"),
    "any.unit_name": Reason("EnOS has the symbol of a unit alone"),
    "any.required": Reason("in EnOS properties and the members of a STRUCT are required, no more"),
    "any.type.minimum": Reason("EnOS's numbers have no range"),
    "any.type.maximum": Reason("EnOS's numbers have no range"),
    "any.type.step": Reason("EnOS's numbers have no step"),
    "any.type.kind": Reason("EnOS has INT, FLOAT and DOUBLE alone"),
    "any.type.base": Reason("EnOS demands an enumType, INT or STRING"),
    "any.type.choices": Reason("EnOS labels each value of an ENUM once, with the value at least"),
    "any.type.form": Reason("EnOS has TIMESTAMP (milliseconds) and DATE (a text)"),
    "any.type.max_length": Reason("EnOS bounds the length of a STRING alone"),
    "any.type.max_items": Reason("EnOS does not bound an ARRAY"),
    "any.type.item": Reason("an ARRAY of EnOS holds INT, FLOAT, DOUBLE or STRING, unbounded"),
    "any.type": Reason("EnOS has no such type: JSON, and a STRUCT within a STRUCT, go as STRING"),
    "property.access": Reason("EnOS does not say whether a value is read or written"),
    "command.response": Reason("an answer has no name in EnOS"),
}


# --- features ------------------------------------------------------------------------------------


def _attribute(plain: Plain, id: str) -> Property:
    return replace(_measurepoint(plain, id), static=True)


def _measurepoint(plain: Plain, id: str) -> Property:
    required = plain.get("isRequired") is True
    return Property(**said(plain, id), **typed(plain), required=required)


def _property_plain(property: Property, identifier: str) -> Plain:
    plain = {**head(property, identifier), **typed_plain(property)}
    if property.static:
        plain["isRequired"] = property.required
        plain["defaultValue"] = property.default
        return plain
    if property.required:  # said of attributes alone by EnOS, of any property by others
        plain["isRequired"] = True
    if isinstance(property.type, Number):
        plain["hasQuality"] = False
    plain["signalType"] = "Generic"
    return plain


def _command(plain: Plain, id: str) -> Command:
    return Command(
        **said(plain, id),
        inputs=tuple(map(point, plain.get("inputData") or ())),
        outputs=tuple(map(point, plain.get("outputData") or ())),
        call=_CALLS.get(plain.get("callType", "")),
    )


def _command_plain(command: Command, identifier: str) -> Plain:
    plain = head(command, identifier)
    plain["inputData"] = [own.write(field, point_plain) for field in command.inputs]
    plain["outputData"] = [own.write(field, point_plain) for field in command.outputs]
    if command.call is not None:
        plain["callType"] = _CALL_WORDS[command.call]
    return plain


def _event(plain: Plain, id: str) -> Event:
    return Event(
        **said(plain, id),
        outputs=tuple(map(point, plain.get("outputData") or ())),
        severity=_SEVERITIES.get(plain.get("eventType", "")),
    )


def _event_plain(event: Event, identifier: str) -> Plain:
    plain = head(event, identifier)
    plain["outputData"] = [own.write(field, point_plain) for field in event.outputs]
    if event.severity is not None:
        plain["eventType"] = _SEVERITY_WORDS[event.severity]
    return plain


# Of which list of a service each kind of features is, and what reads and writes one.
_READ: dict[str, tuple[str, Callable[[Plain, str], Element], Callable[..., Plain]]] = {
    "attributes": ("properties", _attribute, _property_plain),
    "measurepoints": ("properties", _measurepoint, _property_plain),
    "services": ("commands", _command, _command_plain),
    "events": ("events", _event, _event_plain),
}


def _feature(key: str, plain: Plain, kind: str) -> tuple[str, str, Element]:
    """The service that the feature belongs to, the list of it, and the feature."""
    service, id = _parted(key)
    member, read, write = _READ[kind]
    found = read(plain, id)
    return service, member, own.read(found, partial(write, identifier=key), plain)


def _parted(key: str) -> tuple[str, str]:
    service, _, id = key.partition(".")
    if not service or not id or service == DEFAULT_SERVICE:
        return DEFAULT_SERVICE, key
    return service, id


def _written(element: E, service: Service, write: Callable[[E, str], Plain]) -> tuple[str, Plain]:
    """The feature's key and the feature, as it was spelled where it was read."""
    key = element.id if service.id == DEFAULT_SERVICE else f"{service.id}.{element.id}"
    plain, kept = write(element, key), element.extras.get(DIALECT)
    return key, restored(plain, kept) if kept else plain


# --- models --------------------------------------------------------------------------------------


def read(text: bytes, plain: Any = None) -> ThingModel:
    """The model that the text says, as Get Thing Model answers one.

    Raises:
        Malformed: not JSON, or nothing of the kind.
    """
    try:
        return _model(msgspec.json.decode(text) if plain is None else plain)
    except msgspec.DecodeError as error:
        raise Malformed("body", not_json(error)) from None
    except UNREADABLE as error:
        raise Malformed("body", f"not a thing model: {not_a_model(error)}") from None


def _model(plain: Plain) -> ThingModel:
    parts: dict[str, dict[str, list[Any]]] = {}
    for kind in _READ:
        for key, feature in (plain.get(kind) or {}).items():
            service, member, found = _feature(key, feature, kind)
            parts.setdefault(service, {}).setdefault(member, []).append(found)
    services = tuple(
        Service(
            id=id,
            properties=tuple(lists.get("properties", ())),
            commands=tuple(lists.get("commands", ())),
            events=tuple(lists.get("events", ())),
        )
        for id, lists in parts.items()
    )
    model = ThingModel(**said(plain, plain["modelId"]), services=services)

    def again(model: ThingModel) -> Plain:
        # What is in it came back as it was already.
        return _head(model) | {kind: plain.get(kind) or {} for kind in _READ}

    return own.read(model, again, plain)


def write(model: ThingModel) -> bytes:
    """The model as Get Thing Model answers it, but for whose it is."""
    return msgspec.json.encode(document(model))


def document(model: ThingModel) -> Plain:
    """The model as a JSON object."""
    return own.write(model, _plain)


def _plain(model: ThingModel) -> Plain:
    plain = _head(model)
    attributes, measurepoints = dict[str, Plain](), dict[str, Plain]()
    services, events = dict[str, Plain](), dict[str, Plain]()
    for service in model.services:
        for property in service.properties:
            key, feature = _written(property, service, _property_plain)
            (attributes if property.static else measurepoints)[key] = feature
        services.update(_written(c, service, _command_plain) for c in service.commands)
        events.update(_written(e, service, _event_plain) for e in service.events)
    return plain | {
        "attributes": attributes,
        "measurepoints": measurepoints,
        "services": services,
        "events": events,
    }


def _head(model: ThingModel) -> Plain:
    id = model.id or _id_from(model.name)
    return {
        "modelId": id,
        "name": i18n(model.name or id, model.names),
        "desc": model.description or "",
        "tags": model.tags,
    }


def _id_from(name: str | None) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name or "").strip("-")[:64] or "model"


def check(text: bytes, plain: Any = None) -> Sequence[Violation]:
    """Every limit of EnOS that the text breaks."""
    try:
        wire.check(text, plain)
    except Invalid as refused:
        return refused.violations
    except Malformed as refused:
        return (Violation((), "rule", refused.reason),)
    return ()


def _recognise(plain: Any) -> bool:
    return isinstance(plain, dict) and "modelId" in plain and "productKey" not in plain


ENOS_FORMAT = Format(
    name=DIALECT,
    title="EnOS thing model",
    dialect=DIALECT,
    read=read,
    write=write,
    check=check,
    recognise=_recognise,
    reasons=REASONS,
)
