"""DTDL interfaces as a canonical thing model; what refers to other documents is taken as it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import UNREADABLE
from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Access,
    Command,
    Event,
    Field,
    Property,
    Service,
    ThingModel,
)
from entrepot.standards.dtdl.values import (
    Names,
    Schemas,
    mended,
    notes,
    own,
    types,
    valued,
    words_of,
)
from entrepot.standards.dtdl.writing import (
    COMPONENT,
    DOCUMENT,
    INLINE,
    OTHERS,
    answer,
    command_plain,
    event_plain,
    flat,
    interface_id,
    is_single,
    model_id,
    model_view,
    property_plain,
    service_head,
    under,
)
from entrepot.standards.reader import decoded
from entrepot.standards.schema import Plain, mapping, needed, text

_DEEPEST = 10  # of interfaces that extend one another

Feature = Property | Command | Event


def read(source: bytes, plain: Any = None) -> ThingModel:
    """The model of an interface, or of an array of which one is no other's part.

    Raises:
        Malformed: not JSON, or no DTDL.
    """
    plain = decoded(source, plain)
    if not recognise(plain):
        raise Malformed("body", "no DTDL: its @context is not dtmi:dtdl:context")
    try:
        return _model(plain)
    except UNREADABLE as error:
        raise Malformed("body", f"not DTDL: {error}") from None


def _model(plain: Any) -> ThingModel:
    listed = plain if isinstance(plain, list) else [plain]
    found = {needed(one, "@id"): one for one in listed}
    if len(found) < len(listed):
        raise Malformed("body", "two interfaces of one @id")
    main, names = _main(found), Names()
    said = text(notes(main).get("id"))
    id = model_id(main["@id"]) if said is None else said
    base = interface_id(id)
    reading = _Interface(main, found, names)
    services: list[Service] = []
    if reading.members:
        services.append(Service(id=DEFAULT_SERVICE, **reading.members))
    used: list[str] = []
    contents = reading.again
    for component in reading.components:
        service, name = _service(component, found, names, base)
        services.append(service)
        contents[name] = component
        if (schema := text(component["schema"])) in found and schema not in used:
            used.append(schema)
    model = ThingModel(id=id, **words_of(main), services=tuple(services))
    view = _flattened(main)
    view[DOCUMENT] = list(found) if isinstance(plain, list) else INLINE
    if others := [one for key, one in found.items() if key not in used and one is not main]:
        view[OTHERS] = others
    again = partial(model_view, contents=contents, ids=[base, *used])
    return own.read(model, again, view)


def _main(found: dict[str, Plain]) -> Plain:
    """The interface that is no other's part; of several the first that has components."""
    parts: set[str] = set()
    for one in found.values():
        parts.update(filter(text, many(one.get("extends"))))
        parts.update(text(component.get("schema")) or "" for component in _components(one))
    free = [one for id, one in found.items() if id not in parts] or list(found.values())
    return next((one for one in free if any(_components(one))), free[0])


def many(value: Any) -> list[Any]:
    """The values of a member that may be one, several or none."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _components(interface: Plain) -> Iterator[Plain]:
    for one in many(interface.get("contents")):
        if isinstance(one, dict) and "Component" in types(one):
            yield one


def _flattened(interface: Plain) -> Plain:
    listed = interface.get("contents")
    if not isinstance(listed, list) or not listed:
        return dict(interface)
    contents = {needed(one, "name"): one for one in listed if isinstance(one, dict)}
    if len(contents) < len(listed):
        raise Malformed("body", "two contents of one name")
    rest = {name: value for name, value in interface.items() if name != "contents"}
    return {**rest, **flat(contents)}


def _service(
    component: Plain, found: dict[str, Plain], names: Names, base: str
) -> tuple[Service, str]:
    """The service that a component is, and the name that it takes when it is written."""
    schema, said = component["schema"], notes(component)
    interface = found.get(schema, {}) if isinstance(schema, str) else mapping(schema)
    reading = _Interface(interface, found, Names())
    id = text(said.get("id")) or needed(component, "name")
    name = names.take(id)
    dtmi = schema if isinstance(schema, str) else needed(interface, "@id")
    service = Service(
        id=id,
        **words_of(component),
        type=text(said.get("type")) or (None if dtmi == under(base, name) else dtmi),
        disabled=said.get("disabled") is True,
        **reading.members,
    )
    view = {COMPONENT + member: value for member, value in component.items()}
    view.update(_flattened(interface))
    if not isinstance(schema, str):
        view[COMPONENT + "schema"] = INLINE
    again = partial(service_head, name=name, base=base, contents=reading.again)
    return own.read(service, again, view), name


class _Interface:
    """What stands in an interface and in those that it extends."""

    def __init__(self, interface: Plain, found: dict[str, Plain], names: Names) -> None:
        self.members: dict[str, Any] = {}
        self.again: Plain = {}  # the same by name, as it is written
        self.components: list[Plain] = []
        self._names = names
        chain = list(_extended(interface, found))
        named = {
            needed(s, "@id"): s for one in chain for s in many(one.get("schemas")) if "@id" in s
        }
        self._schemas = Schemas(named)
        contents: dict[str, Plain] = {}
        for one in chain:
            for each in many(one.get("contents")):
                contents.setdefault(needed(each, "name"), each)
        self._sort(contents.values())

    def _sort(self, contents: Iterable[Plain]) -> None:
        sorted_: dict[str, list[Plain]] = {"properties": [], "commands": [], "events": []}
        for one in contents:
            kinds = types(one)
            if "Component" in kinds:
                self.components.append(one)
            elif "Command" in kinds:
                sorted_["commands"].append(one)
            elif "Telemetry" in kinds and "event" in notes(one):
                sorted_["events"].append(one)
            elif "Telemetry" in kinds or "Property" in kinds:
                sorted_["properties"].append(one)
        for member, plains in sorted_.items():
            if plains:
                self.members[member] = tuple(self._feature(member, plain) for plain in plains)

    def _feature(self, member: str, plain: Plain) -> Feature:
        found = _MAKE[member](self._schemas, plain)
        name = self._names.take(found.id)
        self.again[name] = plain
        return own.read(found, partial(_PLAIN[member], name=name), plain)


def _extended(interface: Plain, found: dict[str, Plain], depth: int = 0) -> Iterator[Plain]:
    if depth > _DEEPEST:
        raise Malformed("body", "interfaces extend one another too deeply")
    yield interface
    for one in many(interface.get("extends")):
        other = found.get(one) if isinstance(one, str) else one
        if other is not None:
            yield from _extended(other, found, depth + 1)


def _property(schemas: Schemas, plain: Plain) -> Property:
    said = notes(plain)
    access: Access = "rw" if plain.get("writable") is True else "r"
    if "Telemetry" in types(plain):
        access = "n"
    if said.get("access") in ("r", "w", "n", "rw", "rn", "wn", "rwn"):
        access = said["access"]
    return Property(**schemas.value(plain), access=access, static=said.get("static") is True)


def _command(schemas: Schemas, plain: Plain) -> Command:
    said = notes(plain)
    call, response = said.get("call"), plain.get("response")
    outputs = _payload(schemas, response, "CommandResponse")
    named = answer(response, is_single=is_single(outputs))
    return Command(
        id=text(said.get("id")) or needed(plain, "name"),
        **words_of(plain),
        inputs=_payload(schemas, plain.get("request"), "CommandRequest"),
        outputs=outputs,
        call=call if call in ("sync", "async") else None,
        response=text(said.get("response")) or named,
        required=said.get("required") is True,
    )


def _payload(schemas: Schemas, plain: Plain | None, kind: str) -> tuple[Field, ...]:
    if plain is None:
        return ()
    schema = schemas.found(plain.get("schema"))
    if isinstance(schema, dict) and "Object" in types(schema):
        return schemas.fields(schema)
    found = Field(**schemas.value(plain))
    return (own.read(found, partial(valued, kind=kind, name=mended(found.id)), plain),)


def _event(schemas: Schemas, plain: Plain) -> Event:
    said = notes(plain)
    schema, severity = schemas.found(plain.get("schema")), said["event"]
    return Event(
        id=text(said.get("id")) or needed(plain, "name"),
        **words_of(plain),
        outputs=schemas.fields(schema) if isinstance(schema, dict) else (),
        severity=severity if severity in ("info", "warning", "error") else None,
        required=said.get("required") is True,
    )


_MAKE: Mapping[str, Callable[[Schemas, Plain], Feature]] = {
    "properties": _property,
    "commands": _command,
    "events": _event,
}
_PLAIN: Mapping[str, Callable[..., Plain]] = {
    "properties": property_plain,
    "commands": command_plain,
    "events": event_plain,
}


def recognise(plain: Any) -> bool:
    """Whether a decoded document says that it is DTDL, of any version."""
    listed = plain if isinstance(plain, list) else [plain]
    return bool(listed) and all(isinstance(one, dict) and _is_interface(one) for one in listed)


def _is_interface(plain: Plain) -> bool:
    contexts = many(plain.get("@context"))
    return any(isinstance(c, str) and c.startswith("dtmi:dtdl:context;") for c in contexts)
