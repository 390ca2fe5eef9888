"""IETF SDF documents (RFC 9880) as canonical thing models and back: a service is an sdfObject.

A model with an id is an sdfThing of these; one without is the objects alone. What SDF has no
quality for stands in qualified ones, `entrepot:...` (RFC 9880, section 2.3.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

import msgspec

from entrepot.core.conversion import Format, Reason
from entrepot.core.faults import Malformed, Violation
from entrepot.core.spelling import Spelling
from entrepot.core.thing_model import (
    DEFAULT_SERVICE,
    Access,
    Command,
    Event,
    NumberKind,
    Property,
    Service,
    ThingModel,
)
from entrepot.standards import units
from entrepot.standards.reader import Reader, decoded
from entrepot.standards.schema import (
    PREFIX,
    Labelled,
    Language,
    Plain,
    is_bare,
    mapping,
    text,
)

NAME = "sdf"
_ID = f"{PREFIX}id"
_GROUPS = ("sdfProperty", "sdfAction", "sdfEvent")
_DEEPEST = 16

_own = Spelling(NAME)
Feature = Property | Command | Event

# readable, writable, observable; each true where nothing is said
_ACCESS: dict[Access, tuple[bool, bool, bool]] = {
    "r": (True, False, False),
    "w": (False, True, False),
    "n": (False, False, True),
    "rw": (True, True, False),
    "rn": (True, False, True),
    "wn": (False, True, True),
    "rwn": (True, True, True),
}
_FLAGS = ("readable", "writable", "observable")
_ACCESSES = {flags: access for access, flags in _ACCESS.items()}

# RFC 9880, appendix A: of the words for data these alone are for the items of an array
_ITEM_MEMBERS = frozenset(
    ["type", "sdfChoice", "enum", "minimum", "maximum", "format", "minLength", "maxLength", "required", "properties"]
)  # fmt: skip

REASONS = {
    "property.access": Reason("in SDF what says nothing may be read, written and observed"),
    "any.names": Reason("this project's quality for translations names languages as in zh-CN"),
    "any.type.base": Reason("the values of a choice are integers or texts"),
    "any.type.step": Reason("a step is greater than zero"),
}


def _choices(labelled: Labelled) -> Plain:
    if all(label is None and isinstance(value, str) for value, label in labelled):
        return {"enum": [value for value, _ in labelled]}
    found: dict[str, Plain] = {}
    for value, label in labelled:
        spelled = _spelled(value)
        # the label names the choice where it can: a name is one choice's, without a colon
        if label is not None and label != spelled and label not in found and ":" not in label:
            found[label] = {"const": value}
        elif label is None:
            found[spelled] = {"const": value}
        else:
            found[spelled] = {"label": label, "const": value}
    return {"sdfChoice": found}


def _constants(plain: Plain) -> Labelled | None:
    if isinstance(listed := plain.get("enum"), list):
        return [(value, None) for value in listed]
    found = plain.get("sdfChoice")
    if not isinstance(found, dict) or not all(isinstance(c, dict) for c in found.values()):
        return None
    if any(not c.keys() <= {"const", "label", "description", "$comment"} for c in found.values()):
        return None  # alternatives of more than one value
    return [_constant(name, choice) for name, choice in found.items()]


def _constant(name: str, choice: Plain) -> tuple[Any, str | None]:
    value, label = choice.get("const", name), text(choice.get("label"))
    return value, name if label is None and name != _spelled(value) else label


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_KINDS: tuple[NumberKind, ...] = ("long", "float", "decimal")
_language = Language(
    own=_own,
    label="label",
    labels=f"{PREFIX}labels",
    ref="sdfRef",
    kinds={kind: (f"{PREFIX}kind", kind) for kind in _KINDS},
    binary=("sdfType", "byte-string"),
    item_members=_ITEM_MEMBERS,
    choices=_choices,
    constants=_constants,
    unit="unit",
    unit_name=lambda unit: unit.senml,
    units=units.SENML,
)
_in_info = replace(_language, label="title")  # the information block has other words


# --- writing: a flat view of the document, in which the members of its one sdfThing stand beside its own


def write(model: ThingModel) -> bytes:
    """The model as an SDF document."""
    return msgspec.json.encode(_document(_own.write(model, _view)))


def _view(model: ThingModel) -> Plain:
    base = _base(model)
    inline = _inline(model)
    objects: Plain = {}
    for service in model.services[1 if inline else 0 :]:
        path = (*base, "sdfObject", _named(service.id))
        _put(objects, service.id, _own.write(service, partial(_service_plain, path=path)))
    return _head(model, _affordances(inline, base) if inline else {}, objects)


def _base(model: ThingModel) -> tuple[str, ...]:
    return ("sdfThing", _named(model.id)) if model.id else ()


def _inline(model: ThingModel) -> Service | None:
    """The service whose features stand in the sdfThing itself: that of what is in no service."""
    if not model.id or not model.services or model.services[0].id != DEFAULT_SERVICE:
        return None
    first = model.services[0]
    filled = first.properties or first.commands or first.events
    return first if filled and is_bare(first, NAME) else None


def _head(model: ThingModel, inline: Plain, objects: Plain) -> Plain:
    grouped = {**inline, "sdfObject": objects} if objects or not model.id else inline
    if not model.id:
        info = _in_info.words(model)
        return {"info": info, **grouped} if info else grouped
    view: Plain = {"sdfThing": _named(model.id)}
    if model.name is not None:
        view["info"] = {"title": model.name}
    members = {**_language.words(model), **grouped}
    if _named(model.id) != model.id:
        members[_ID] = model.id
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
    return {**_service_head(service), **_affordances(service, path)}


def _service_head(service: Service) -> Plain:
    plain = _language.words(service)
    _language.own_terms(plain, type=service.type, disabled=service.disabled)
    return plain


def _affordances(service: Service, path: tuple[str, ...]) -> Plain:
    plain: Plain = {}
    for group, features in zip(_GROUPS, _features_of(service), strict=True):
        for feature in features:
            _put(plain.setdefault(group, {}), feature.id, _own.write(feature, _PLAIN[group]))
    return _with_required(plain, service, path)


def _with_required(plain: Plain, service: Service, path: tuple[str, ...]) -> Plain:
    required = [
        _pointer((*path, group, _named(feature.id)))
        for group, features in zip(_GROUPS, _features_of(service), strict=True)
        for feature in features
        if feature.required
    ]
    if required:
        plain["sdfRequired"] = required
    return plain


def _features_of(service: Service) -> tuple[Sequence[Feature], ...]:
    return service.properties, service.commands, service.events


def _named(id: str) -> str:
    return id.replace(":", "-")  # a given name has no colon (RFC 9880, section 2.3.3)


def _put(group: Plain, id: str, plain: Plain) -> None:
    name = _named(id)
    group[name] = plain if name == id else {**plain, _ID: id}


def _pointer(path: Sequence[str]) -> str:
    steps = (quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in path)
    return "#/" + "/".join(steps)


def _property_plain(property: Property) -> Plain:
    plain = _language.value(property)
    if property.access is not None:
        flags = zip(_FLAGS, _ACCESS[property.access], strict=True)
        plain.update((flag, False) for flag, on in flags if not on)
    _language.own_terms(plain, static=property.static)
    return plain


def _action_plain(command: Command) -> Plain:
    plain = _language.words(command)
    if command.inputs:
        plain["sdfInputData"] = _language.parameters(command.inputs)
    if command.outputs:
        plain["sdfOutputData"] = _language.parameters(command.outputs)
    _language.own_terms(plain, call=command.call, response=command.response)
    return plain


def _event_plain(event: Event) -> Plain:
    plain = _language.words(event)
    if event.outputs:
        plain["sdfOutputData"] = _language.parameters(event.outputs)
    _language.own_terms(plain, severity=event.severity)
    return plain


_PLAIN: Mapping[str, Callable[[Any], Plain]] = {
    "sdfProperty": _property_plain,
    "sdfAction": _action_plain,
    "sdfEvent": _event_plain,
}


# --- reading -------------------------------------------------------------------------------------


def read(source: bytes) -> ThingModel:
    """The model of an SDF document; what refers to other documents is taken as it stands.

    Raises:
        Malformed: not JSON, or no SDF document.
    """
    plain = decoded(source)
    if not recognise(plain):
        raise Malformed("body", "no SDF document: it has neither sdfThing nor sdfObject")
    try:
        return _model(Reader(_language, plain), plain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Malformed("body", f"not an SDF document: {error}") from None


def _model(reader: Reader, plain: Plain) -> ThingModel:
    things, objects = mapping(plain.get("sdfThing")), mapping(plain.get("sdfObject"))
    info = mapping(plain.get("info"))
    if len(things) == 1 and not objects:
        return _thing(reader, plain, info, *next(iter(things.items())))
    found = _Found(reader, ())
    found.objects(objects, ("sdfObject",), "")
    found.things(things, ("sdfThing",), "")
    model = ThingModel(id="", **_in_info.words_of(info), services=tuple(found.services))
    return _own.read(model, _head(model, {}, found.again), plain)


def _thing(reader: Reader, plain: Plain, info: Plain, key: str, thing: Plain) -> ThingModel:
    id, _ = _identified(key, thing)
    meant = reader.meant(thing)
    base = ("sdfThing", _named(id))
    members, again = _features(reader, meant, ("sdfThing", key))
    inline = Service(id=DEFAULT_SERVICE, **members)
    found = _Found(reader, base)
    found.objects(mapping(meant.get("sdfObject")), ("sdfThing", key, "sdfObject"), "")
    found.things(mapping(meant.get("sdfThing")), ("sdfThing", key, "sdfThing"), "")
    words = _language.words_of(meant)
    if words["name"] is None:
        words["name"] = text(info.get("title"))
    services = (inline, *found.services) if members else tuple(found.services)
    model = ThingModel(id=id, **words, services=services)
    view = {name: value for name, value in plain.items() if name != "sdfThing"}
    view["sdfThing"] = key
    view.update((f"sdfThing/{name}", value) for name, value in thing.items())
    return _own.read(model, _head(model, _with_required(again, inline, base), found.again), view)


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
            if any(meant.get(group) for group in _GROUPS):
                self._add(id, plain, here)
            self.objects(mapping(meant.get("sdfObject")), (*here, "sdfObject"), f"{id}.")
            self.things(mapping(meant.get("sdfThing")), (*here, "sdfThing"), f"{id}.")

    def _add(self, id: str, plain: Plain, place: tuple[str, ...]) -> None:
        meant = self.reader.meant(plain)
        members, again = _features(self.reader, meant, place)
        service = Service(
            id=id,
            **_language.words_of(meant),
            type=text(_language.term(meant, "type")),
            disabled=_language.term(meant, "disabled") is True,
            **members,
        )
        path = (*self.base, "sdfObject", _named(id))
        written = {**_service_head(service), **_with_required(again, service, path)}
        self.services.append(_own.read(service, written, plain))
        _put(self.again, id, plain)


def _features(reader: Reader, meant: Plain, place: tuple[str, ...]) -> tuple[dict[str, Any], Plain]:
    """The features that stand in a grouping by the members of a service, and as they are written."""
    listed = meant.get("sdfRequired")
    needed = set(filter(text, listed)) if isinstance(listed, list) else set()
    members: dict[str, Any] = {}
    again: Plain = {}
    for group, member, make in _READ:
        for key, plain in mapping(meant.get(group)).items():
            id, own = _identified(key, plain)
            required = key in needed or _pointer((*place, group, key)) in needed
            members.setdefault(member, []).append(make(reader, id, own, required))
            _put(again.setdefault(group, {}), id, own)
    return {member: tuple(features) for member, features in members.items()}, again


def _identified(key: str, plain: Plain) -> tuple[str, Plain]:
    """The id of what a name is given to, and what else is said of it."""
    id = plain.get(_ID)
    if not isinstance(id, str) or id == key or _named(id) != key:
        return key, plain
    return id, {name: value for name, value in plain.items() if name != _ID}


def _property(reader: Reader, id: str, plain: Plain, required: bool) -> Property:
    meant = reader.meant(plain)
    readable, writable, observable = (meant.get(flag) is not False for flag in _FLAGS)
    found = Property(
        **reader.value(id, plain, required),
        access=_ACCESSES.get((readable, writable, observable)),
        static=_language.term(meant, "static") is True,
    )
    return _own.read(found, _property_plain(found), plain)


def _action(reader: Reader, id: str, plain: Plain, required: bool) -> Command:
    meant = reader.meant(plain)
    call = _language.term(meant, "call")
    found = Command(
        id=id,
        **_language.words_of(meant),
        inputs=reader.parameters(meant.get("sdfInputData")),
        outputs=reader.parameters(meant.get("sdfOutputData")),
        call=call if call in ("sync", "async") else None,
        response=text(_language.term(meant, "response")),
        required=required,
    )
    return _own.read(found, _action_plain(found), plain)


def _event(reader: Reader, id: str, plain: Plain, required: bool) -> Event:
    meant = reader.meant(plain)
    severity = _language.term(meant, "severity")
    found = Event(
        id=id,
        **_language.words_of(meant),
        outputs=reader.parameters(meant.get("sdfOutputData")),
        severity=severity if severity in ("info", "warning", "error") else None,
        required=required,
    )
    return _own.read(found, _event_plain(found), plain)


_READ: tuple[tuple[str, str, Callable[[Reader, str, Plain, bool], Feature]], ...] = (
    ("sdfProperty", "properties", _property),
    ("sdfAction", "commands", _action),
    ("sdfEvent", "events", _event),
)


def recognise(plain: Any) -> bool:
    """Whether a decoded document has things or objects of SDF, or features of one."""
    return isinstance(plain, dict) and not plain.keys().isdisjoint(
        ("sdfThing", "sdfObject", *_GROUPS, "sdfData")
    )


def check(source: bytes) -> Sequence[Violation]:
    """Given names with a colon, which RFC 9880 reserves."""
    plain = decoded(source)
    return tuple(_colons((), plain)) if isinstance(plain, dict) else ()


_GIVEN = frozenset(("sdfThing", "sdfObject", *_GROUPS, "sdfData", "sdfChoice"))


def _colons(path: tuple[str, ...], plain: Mapping[str, Any]) -> Iterator[Violation]:
    for name, value in plain.items():
        if not isinstance(value, dict):
            continue
        if path and path[-1] in _GIVEN and ":" in name:
            yield Violation((*path, name), "pattern", "a name without a colon", name)
        yield from _colons((*path, name), value)


SDF = Format(
    name=NAME,
    title="IETF SDF (RFC 9880)",
    read=read,
    write=write,
    check=check,
    recognise=recognise,
    reasons=REASONS,
)
