"""Canonical thing models in SDF: a service is an sdfObject, a model with an id an sdfThing of these.

A document is made as a flat view first, in which the members of its one sdfThing stand beside its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Command,
    Event,
    Property,
    Service,
    ThingModel,
)
from entrepot.standards.schema import Plain, is_bare, pointer
from entrepot.standards.sdf.comments import PREFIX, folded
from entrepot.standards.sdf.language import ACCESS, FLAGS, LANGUAGE, NAME, own

ID = f"{PREFIX}id"
THING = "thing"  # what a thing without an id is called
GROUPS = ("sdfProperty", "sdfAction", "sdfEvent")

Feature = Property | Command | Event


def write(model: ThingModel) -> bytes:
    """The model as an SDF document."""
    return msgspec.json.encode(folded(_document(own.write(model, _view))))


def _view(model: ThingModel) -> Plain:
    base = base_of(model)
    inline = inline_service(model)
    objects: Plain = {}
    for service in model.services[1 if inline else 0 :]:
        path = (*base, "sdfObject", named(service.id))
        put(objects, service.id, own.write(service, partial(_service_plain, path=path)))
    return head(model, _affordances(inline, base) if inline else {}, objects)


def base_of(model: ThingModel) -> tuple[str, ...]:
    # without an id, and with no words but a title, the objects stand for themselves
    if model.id or model.names or model.description is not None or model.tags:
        return ("sdfThing", named(model.id) or THING)
    return ()


def inline_service(model: ThingModel) -> Service | None:
    """The service whose features stand in the sdfThing itself: that of what is in no service."""
    if not base_of(model) or not model.services or model.services[0].id != DEFAULT_SERVICE:
        return None
    first = model.services[0]
    filled = first.properties or first.commands or first.events
    return first if filled and is_bare(first, NAME) else None


def head(model: ThingModel, inline: Plain, objects: Plain) -> Plain:
    base = base_of(model)
    grouped = {**inline, "sdfObject": objects} if objects or not base else inline
    info = {} if model.name is None else {"info": {"title": model.name}}
    if not base:
        return {**info, **grouped}
    view: Plain = {"sdfThing": base[1], **info}
    members = {**LANGUAGE.words(model), **grouped}
    if base[1] != model.id:
        members[ID] = model.id
    view.update((f"sdfThing/{name}", value) for name, value in members.items())
    return view


def _document(view: Plain) -> Plain:
    if not isinstance(view.get("sdfThing"), str):
        return view
    document: Plain = {}
    thing: Plain = {}
    for name, value in view.items():
        if name.startswith("sdfThing/"):
            thing[name.removeprefix("sdfThing/")] = value
        else:
            document[name] = {value: thing} if name == "sdfThing" else value
    return document


def _service_plain(service: Service, path: tuple[str, ...]) -> Plain:
    return {**service_head(service), **_affordances(service, path)}


def service_head(service: Service) -> Plain:
    plain = LANGUAGE.words(service)
    LANGUAGE.own_terms(plain, type=service.type, disabled=service.disabled)
    return plain


def _affordances(service: Service, path: tuple[str, ...]) -> Plain:
    plain: Plain = {}
    for group, features in zip(GROUPS, _features_of(service), strict=True):
        for feature in features:
            put(plain.setdefault(group, {}), feature.id, own.write(feature, _PLAIN[group]))
    return with_required(plain, service, path)


def with_required(plain: Plain, service: Service, path: tuple[str, ...]) -> Plain:
    required = [
        pointer(*path, group, named(feature.id))
        for group, features in zip(GROUPS, _features_of(service), strict=True)
        for feature in features
        if feature.required
    ]
    if required:
        plain["sdfRequired"] = required
    return plain


def _features_of(service: Service) -> tuple[Sequence[Feature], ...]:
    return service.properties, service.commands, service.events


def named(id: str) -> str:
    return id.replace(":", "-")  # a given name has no colon (RFC 9880, section 2.3.3)


def put(group: Plain, id: str, plain: Plain) -> None:
    name = named(id)
    group[name] = plain if name == id else {**plain, ID: id}


def property_plain(property: Property) -> Plain:
    plain = LANGUAGE.value(property)
    if property.access is not None:
        flags = zip(FLAGS, ACCESS[property.access], strict=True)
        plain.update((flag, False) for flag, on in flags if not on)
    LANGUAGE.own_terms(plain, static=property.static)
    return plain


def action_plain(command: Command) -> Plain:
    plain = LANGUAGE.words(command)
    if command.inputs:
        plain["sdfInputData"] = LANGUAGE.parameters(command.inputs)
    if command.outputs:
        plain["sdfOutputData"] = LANGUAGE.parameters(command.outputs)
    LANGUAGE.own_terms(plain, call=command.call, response=command.response)
    return plain


def event_plain(event: Event) -> Plain:
    plain = LANGUAGE.words(event)
    if event.outputs:
        plain["sdfOutputData"] = LANGUAGE.parameters(event.outputs)
    LANGUAGE.own_terms(plain, severity=event.severity)
    return plain


_PLAIN: Mapping[str, Callable[[Any], Plain]] = {
    "sdfProperty": property_plain,
    "sdfAction": action_plain,
    "sdfEvent": event_plain,
}
