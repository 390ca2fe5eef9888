"""SDF documents as canonical thing models; what refers to other documents is taken as it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import UNREADABLE
from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Command,
    Event,
    Property,
    Service,
    ThingModel,
)
from entrepot.standards.reader import Reader, decoded
from entrepot.standards.schema import Plain, mapping, pointer, text
from entrepot.standards.sdf.comments import MARK, unfolded
from entrepot.standards.sdf.language import ACCESSES, FLAGS, LANGUAGE, own
from entrepot.standards.sdf.writing import (
    GROUPS,
    ID,
    THING,
    Feature,
    action_plain,
    base_of,
    event_plain,
    head,
    inline_service,
    named,
    property_plain,
    put,
    service_head,
    with_required,
)

_DEEPEST = 16  # of things in things


def read(source: bytes, plain: Any = None) -> ThingModel:
    """The model of an SDF document; what refers to other documents is taken as it stands.

    Raises:
        Malformed: not JSON, or no SDF document.
    """
    plain = decoded(source, plain)
    if not recognise(plain):
        raise Malformed("body", "no SDF document: it has neither sdfThing nor sdfObject")
    try:
        meant = unfolded(plain) if MARK in source else plain
        return _model(Reader(LANGUAGE, meant), meant)
    except UNREADABLE as error:
        raise Malformed("body", f"not an SDF document: {error}") from None


def _model(reader: Reader, plain: Plain) -> ThingModel:
    things, objects = plain.get("sdfThing", {}), mapping(plain.get("sdfObject"))
    if not isinstance(things, dict):
        raise Malformed("body", "sdfThing is no object")
    info = mapping(plain.get("info"))
    if len(things) == 1 and not objects:
        return _thing(reader, plain, info, *next(iter(things.items())))
    found = _Found(reader, ())
    found.objects(objects, ("sdfObject",), "")
    found.things(things, ("sdfThing",), "")
    model = ThingModel(id="", name=text(info.get("title")), services=tuple(found.services))
    return own.read(model, partial(head, inline={}, objects=found.again), plain)


def _thing(reader: Reader, plain: Plain, info: Plain, key: str, thing: Plain) -> ThingModel:
    id = _identified(key, thing)[0]
    meant = reader.meant(thing)
    base = ("sdfThing", key)
    members, again = _features(reader, meant, ("sdfThing", key))
    inline = Service(id=DEFAULT_SERVICE, **members)
    found = _Found(reader, base)
    found.objects(mapping(meant.get("sdfObject")), ("sdfThing", key, "sdfObject"), "")
    found.things(mapping(meant.get("sdfThing")), ("sdfThing", key, "sdfThing"), "")
    words = LANGUAGE.words_of(meant)
    if words["name"] is None:
        words["name"] = text(info.get("title"))
    nameless = ThingModel(id="", **words)
    if key == THING and thing.get(ID) == "" and base_of(nameless):
        id = ""
    services = (inline, *found.services) if members else tuple(found.services)
    model = ThingModel(id=id, **words, services=services)
    if not members and (first := inline_service(model)) is not None:
        # an object of its own here, and in the thing itself as this format writes it
        inline, plain_first = first, found.again.pop(DEFAULT_SERVICE)
        again = {group: plain_first[group] for group in GROUPS if group in plain_first}
    view = {name: value for name, value in plain.items() if name != "sdfThing"}
    view["sdfThing"] = key
    view.update((f"sdfThing/{name}", value) for name, value in thing.items())
    required = with_required(again, inline, base)
    return own.read(model, partial(head, inline=required, objects=found.again), view)


class _Found:
    """The services of a document: its objects, and the things in things, which stand beside them."""

    def __init__(self, reader: Reader, base: tuple[str, ...]) -> None:
        self.reader = reader
        self.base = base
        self.services: list[Service] = []
        self.again: Plain = {}  # the same, as they are written

    def objects(self, objects: Plain, place: tuple[str, ...], within: str) -> None:
        for key, plain in objects.items():
            id, own = _identified(key, plain)
            self._add(f"{within}{id}", own, (*place, key))

    def things(self, things: Plain, place: tuple[str, ...], within: str) -> None:
        if len(place) > _DEEPEST:
            raise Malformed("body", "things nested too deeply")
        for key, plain in things.items():
            here, id = (*place, key), f"{within}{_identified(key, plain)[0]}"
            meant = self.reader.meant(plain)
            if any(meant.get(group) for group in GROUPS):
                own_part = {k: v for k, v in plain.items() if k not in ("sdfObject", "sdfThing")}
                self._add(id, own_part, here)
            self.objects(mapping(meant.get("sdfObject")), (*here, "sdfObject"), f"{id}.")
            self.things(mapping(meant.get("sdfThing")), (*here, "sdfThing"), f"{id}.")

    def _add(self, id: str, plain: Plain, place: tuple[str, ...]) -> None:
        meant = self.reader.meant(plain)
        members, again = _features(self.reader, meant, place)
        service = Service(
            id=id,
            **LANGUAGE.words_of(meant),
            type=text(LANGUAGE.term(meant, "type")),
            disabled=LANGUAGE.term(meant, "disabled") is True,
            **members,
        )
        path = (*self.base, "sdfObject", named(id))

        def written(service: Service) -> Plain:
            return {**service_head(service), **with_required(again, service, path)}

        self.services.append(own.read(service, written, plain))
        put(self.again, id, plain)


def _features(reader: Reader, meant: Plain, place: tuple[str, ...]) -> tuple[dict[str, Any], Plain]:
    """The features that stand in a grouping by the members of a service, and as they are written."""
    listed = meant.get("sdfRequired")
    needed = set(filter(text, listed)) if isinstance(listed, list) else set()
    members: dict[str, Any] = {}
    again: Plain = {}
    for group, member, make in _READ:
        for key, plain in mapping(meant.get(group)).items():
            id, own = _identified(key, plain)
            required = bool(needed) and (key in needed or pointer(*place, group, key) in needed)
            members.setdefault(member, []).append(make(reader, id, own, required))
            put(again.setdefault(group, {}), id, own)
    return {member: tuple(features) for member, features in members.items()}, again


def _identified(key: str, plain: Plain) -> tuple[str, Plain]:
    """The id of what a name is given to, and what else is said of it."""
    id = plain.get(ID)
    if not isinstance(id, str) or id == key or named(id) != key:
        return key, plain
    return id, {name: value for name, value in plain.items() if name != ID}


def _property(reader: Reader, id: str, plain: Plain, required: bool) -> Property:
    meant = reader.meant(plain)
    readable, writable, observable = (meant.get(flag) is not False for flag in FLAGS)
    found = Property(
        **reader.value(id, plain, required),
        access=ACCESSES.get((readable, writable, observable)),
        static=LANGUAGE.term(meant, "static") is True,
    )
    return own.read(found, property_plain, plain)


def _action(reader: Reader, id: str, plain: Plain, required: bool) -> Command:
    meant = reader.meant(plain)
    call = LANGUAGE.term(meant, "call")
    found = Command(
        id=id,
        **LANGUAGE.words_of(meant),
        inputs=reader.parameters(meant.get("sdfInputData"), "input"),
        outputs=reader.parameters(meant.get("sdfOutputData"), "output"),
        call=call if call in ("sync", "async") else None,
        response=text(LANGUAGE.term(meant, "response")),
        required=required,
    )
    return own.read(found, action_plain, plain)


def _event(reader: Reader, id: str, plain: Plain, required: bool) -> Event:
    meant = reader.meant(plain)
    severity = LANGUAGE.term(meant, "severity")
    found = Event(
        id=id,
        **LANGUAGE.words_of(meant),
        outputs=reader.parameters(meant.get("sdfOutputData"), "data"),
        severity=severity if severity in ("info", "warning", "error") else None,
        required=required,
    )
    return own.read(found, event_plain, plain)


_READ: tuple[tuple[str, str, Callable[[Reader, str, Plain, bool], Feature]], ...] = (
    ("sdfProperty", "properties", _property),
    ("sdfAction", "commands", _action),
    ("sdfEvent", "events", _event),
)


def recognise(plain: Any) -> bool:
    """Whether a decoded document has things or objects of SDF, or features of one."""
    return isinstance(plain, dict) and not plain.keys().isdisjoint(
        ("sdfThing", "sdfObject", *GROUPS, "sdfData")
    )
