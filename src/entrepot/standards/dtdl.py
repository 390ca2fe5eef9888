"""DTDL v3 interfaces as canonical thing models and back: a service is a Component with an Interface.

A DTDL parser refuses a whole model for one name, so names are mended and long texts are cut; the
report has the difference.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core.conversion import Format, Reason
from entrepot.core.faults import Malformed, Violation
from entrepot.core.thing_model import (
    DEFAULT_SERVICE,
    Access,
    Command,
    Event,
    Field,
    Property,
    Service,
    Structure,
    ThingModel,
)
from entrepot.standards.dtdl_values import (
    NAME,
    Names,
    Schemas,
    mended,
    noted,
    notes,
    objects,
    own,
    types,
    valued,
    words,
    words_of,
)
from entrepot.standards.reader import decoded
from entrepot.standards.schema import Plain, mapping, text

CONTEXT = ["dtmi:dtdl:context;3", "dtmi:dtdl:extension:quantitativeTypes;1"]
_ROOT = "dtmi:entrepot"
_SEGMENT = r"[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?"
_DTMI = re.compile(
    rf"dtmi:(?!dtdl[:;]|standard[:;]){_SEGMENT}(?::{_SEGMENT})*(?:;[1-9][0-9]{{0,8}}(?:\.[1-9][0-9]{{0,5}})?)?"
)
_LONGEST_ID, _LARGEST = 128, 1 << 20
_DEEPEST = 10  # of interfaces that extend one another
# members of a view that are none of the interface's
_CONTENTS, _ORDER = "contents/", "contents#"
_DOCUMENT, _OTHERS = "document#", "others#"
_COMPONENT, _INLINE = "component/", "inline#"

Feature = Property | Command | Event

REASONS = {
    "any.name": Reason("a displayName has at most 512 characters, and one English text"),
    "any.names": Reason("a displayName has languages as in zh-CN, and at most 512 characters"),
    "any.description": Reason("a description has at most 512 characters in DTDL"),
    "any.type.base": Reason("the values of a DTDL Enum are integers of 32 bits or texts"),
    "any.type.form": Reason("a DTDL dateTime is a text, as in ISO 8601"),
    "any.type.minimum": Reason("DTDL has no ranges"),
    "any.type.maximum": Reason("DTDL has no ranges"),
    "any.type.step": Reason("DTDL has no steps"),
    "any.type.max_length": Reason("DTDL has no lengths"),
    "any.type.max_items": Reason("DTDL has no lengths of arrays"),
    "any.type.off": Reason("DTDL has no labels for yes and no"),
    "any.type.on": Reason("DTDL has no labels for yes and no"),
    "any.type": Reason("a DTDL schema has no such type, and no ranges, steps, lengths or labels"),
    "any.default": Reason("DTDL has no defaults"),
    "any.unit_name": Reason("DTDL has names of its own for units"),
    "any.tags": Reason("DTDL has no tags"),
    "property.access": Reason("a DTDL Property can be read, and written if it is writable"),
}  # fmt: skip


# --- writing: an interface as a flat view, in which its contents stand by their names -------------


def write(model: ThingModel) -> bytes:
    """The model as an array of interfaces: its own, then those of its services."""
    id = _model_id(model.id)
    contents, names = _inline(model)
    found: dict[str, Plain] = {}
    for service in model.services[1 if contents else 0 :]:
        name = names.take(service.id)
        view = own.write(service, partial(_service_view, name=name, base=id))
        contents[name] = _component(view, found, _under(id, name))
    view = own.write(model, partial(_model_view, contents=contents, ids=[id, *found]))
    found = {id: _interface(view), **found}
    found.update((other.get("@id", ""), other) for other in view.get(_OTHERS, ()))
    order = view[_DOCUMENT]
    if order == _INLINE:
        return msgspec.json.encode(found[id])
    listed = [found.pop(one) for one in order if one in found]
    return msgspec.json.encode([*listed, *found.values()])


def _inline(model: ThingModel) -> tuple[Plain, Names]:
    """The features of no service, which stand in the model's interface, and the names they take."""
    names = Names()
    first = model.services[0] if model.services else None
    if first is not None and first.id == DEFAULT_SERVICE and _is_wordless(first):
        return _contents(first, names), names
    return {}, names


def _is_wordless(service: Service) -> bool:
    """Whether a component would say nothing of the service but its name."""
    head = _service_head(replace(service, id=""), "", "", {})
    members = {name for name in head if name.startswith(_COMPONENT)}
    unsaid = {_COMPONENT + member for member in ("@type", "name", "schema")}
    return members == unsaid and service.type is None and not service.extras.get(NAME)


def _component(view: Plain, found: dict[str, Plain], own_id: str) -> Plain:
    """The component of a service, once its interface is among those found."""
    component = {k.removeprefix(_COMPONENT): v for k, v in view.items() if _COMPONENT in k}
    interface = _interface({k: v for k, v in view.items() if _COMPONENT not in k})
    if component.get("schema") == _INLINE:
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
        if name.startswith(_CONTENTS):
            contents[name.removeprefix(_CONTENTS)] = value
        elif "#" not in name:
            plain[name] = value
    if contents:
        listed = [contents.pop(name) for name in view.get(_ORDER, ()) if name in contents]
        plain["contents"] = [*listed, *contents.values()]
    return plain


def _flat(contents: Plain) -> Plain:
    if not contents:
        return {}
    return {_ORDER: list(contents), **{_CONTENTS + name: one for name, one in contents.items()}}


def _model_view(model: ThingModel, contents: Plain, ids: list[str]) -> Plain:
    id = _model_id(model.id)
    view = {"@context": CONTEXT, "@id": id, "@type": "Interface", **words(model), **_flat(contents)}
    view[_DOCUMENT] = ids
    return noted(view, id=None if _id(id) == model.id else model.id)


def _service_view(service: Service, name: str, base: str) -> Plain:
    return _service_head(service, name, base, _contents(service, Names()))


def _service_head(service: Service, name: str, base: str, contents: Plain) -> Plain:
    typed = service.type is not None and _is_dtmi(service.type) and service.type != base
    id = service.type if typed else _under(base, name)
    component = {"@type": "Component", "name": name, **words(service), "schema": id}
    noted(
        component,
        id=None if service.id == name else service.id,
        type=None if typed else service.type,
        disabled=service.disabled,
    )
    view = {_COMPONENT + member: value for member, value in component.items()}
    return {**view, "@context": CONTEXT, "@id": id, "@type": "Interface", **_flat(contents)}


def _contents(service: Service, names: Names) -> Plain:
    found: Plain = {}
    for features, plain in (
        (service.properties, _property_plain),
        (service.commands, _command_plain),
        (service.events, _event_plain),
    ):
        for feature in features:
            name = names.take(feature.id)
            found[name] = own.write(feature, partial(plain, name=name))
    return found


def _property_plain(property: Property, name: str) -> Plain:
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


def _command_plain(command: Command, name: str) -> Plain:
    plain: Plain = {"@type": "Command", "name": name, **words(command)}
    response = command.response
    answer = response if response is not None and mended(response) == response else _RESPONSE
    _add_payload(plain, "request", "CommandRequest", _REQUEST, command.inputs)
    _add_payload(plain, "response", "CommandResponse", answer, command.outputs)
    said = _answer(plain.get("response"), is_single=_is_single(command.outputs))
    return noted(
        plain,
        id=None if command.id == name else command.id,
        call=command.call,
        response=None if said == response else response,
        required=command.required,
    )


_REQUEST, _RESPONSE = "request", "response"


def _answer(plain: Plain | None, is_single: bool) -> str | None:
    """What the answer of a command is called."""
    name = None if plain is None or is_single else text(plain.get("name"))
    return None if name == _RESPONSE else name


def _is_single(fields: Sequence[Field]) -> bool:
    """Whether one field is the whole payload, and not the one member of an object."""
    return len(fields) == 1 and not isinstance(fields[0].type, Structure)


def _add_payload(plain: Plain, member: str, kind: str, name: str, fields: Sequence[Field]) -> None:
    if _is_single(fields):
        only = partial(valued, kind=kind, name=mended(fields[0].id))
        plain[member] = own.write(fields[0], only)
    elif fields:
        plain[member] = {"name": name, "schema": objects(fields)}


def _event_plain(event: Event, name: str) -> Plain:
    plain = {"@type": "Telemetry", "name": name, **words(event), "schema": objects(event.outputs)}
    id = None if event.id == name else event.id
    return noted(plain, id=id, event=event.severity or True, required=event.required)


# --- ids -----------------------------------------------------------------------------------------


def _is_dtmi(id: str) -> bool:
    return len(id) <= _LONGEST_ID and _DTMI.fullmatch(id) is not None


def _model_id(id: str) -> str:
    if not id:
        return f"{_ROOT};1"
    return id if _is_dtmi(id) and not id.startswith(_ROOT) else _under(_ROOT, mended(id))


def _under(base: str, name: str) -> str:
    id = f"{base.partition(';')[0]}:{name};1"
    return id if len(id) <= _LONGEST_ID else f"{_ROOT}:n{zlib.crc32(id.encode()):08x};1"


def _id(dtmi: str) -> str:
    """The id of the model whose interface this is, as far as the interface's tells it."""
    if dtmi == f"{_ROOT};1":
        return ""
    name = dtmi.removeprefix(f"{_ROOT}:").removesuffix(";1")
    return name if dtmi == f"{_ROOT}:{name};1" and ":" not in name else dtmi


# --- reading -------------------------------------------------------------------------------------


def read(source: bytes) -> ThingModel:
    """The model of an interface, or of an array of which one is no other's part.

    Raises:
        Malformed: not JSON, or no DTDL.
    """
    plain = decoded(source)
    if not recognise(plain):
        raise Malformed("body", "no DTDL: its @context is not dtmi:dtdl:context")
    try:
        return _model(plain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Malformed("body", f"not DTDL: {error}") from None


def _model(plain: Any) -> ThingModel:
    listed = plain if isinstance(plain, list) else [plain]
    found: dict[str, Plain] = {one["@id"]: one for one in listed}
    if len(found) < len(listed):
        raise Malformed("body", "two interfaces of one @id")
    main = _main(found)
    id, names = main["@id"], Names()
    reading = _Interface(main, found, names)
    services: list[Service] = []
    if reading.members:
        services.append(Service(id=DEFAULT_SERVICE, **reading.members))
    used: dict[str, None] = {id: None}
    contents = reading.again
    for component in reading.components:
        service, name = _service(component, found, names, id)
        services.append(service)
        contents[name] = component
        if component["schema"] in found if isinstance(component["schema"], str) else False:
            used[component["schema"]] = None
    said = text(notes(main).get("id"))
    model = ThingModel(
        id=_id(id) if said is None else said, **words_of(main), services=tuple(services)
    )
    view = _flattened(main)
    view[_DOCUMENT] = list(found) if isinstance(plain, list) else _INLINE
    if others := [one for key, one in found.items() if key not in used]:
        view[_OTHERS] = others
    return own.read(model, _model_view(model, contents, list(used)), view)


def _main(found: dict[str, Plain]) -> Plain:
    """The interface that is no other's part; of several the first that has components."""
    parts: set[str] = set()
    for one in found.values():
        parts.update(filter(text, _many(one.get("extends"))))
        parts.update(text(component.get("schema")) or "" for component in _components(one))
    free = [one for id, one in found.items() if id not in parts] or list(found.values())
    return next((one for one in free if any(_components(one))), free[0])


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _components(interface: Plain) -> Iterator[Plain]:
    for one in _many(interface.get("contents")):
        if isinstance(one, dict) and "Component" in types(one):
            yield one


def _flattened(interface: Plain) -> Plain:
    listed = interface.get("contents")
    if not isinstance(listed, list) or not listed:
        return dict(interface)
    contents = {one["name"]: one for one in listed if isinstance(one, dict)}
    if len(contents) < len(listed):
        raise Malformed("body", "two contents of one name")
    rest = {name: value for name, value in interface.items() if name != "contents"}
    return {**rest, **_flat(contents)}


def _service(
    component: Plain, found: dict[str, Plain], names: Names, base: str
) -> tuple[Service, str]:
    """The service that a component is, and the name that it takes when it is written."""
    schema, said = component["schema"], notes(component)
    interface = found.get(schema, {}) if isinstance(schema, str) else mapping(schema)
    reading = _Interface(interface, found, Names())
    id = text(said.get("id")) or component["name"]
    name = names.take(id)
    dtmi = schema if isinstance(schema, str) else interface["@id"]
    service = Service(
        id=id,
        **words_of(component),
        type=text(said.get("type")) or (None if dtmi == _under(base, name) else dtmi),
        disabled=said.get("disabled") is True,
        **reading.members,
    )
    view = {_COMPONENT + member: value for member, value in component.items()}
    view.update(_flattened(interface))
    if not isinstance(schema, str):
        view[_COMPONENT + "schema"] = _INLINE
    written = _service_head(service, name, base, reading.again)
    return own.read(service, written, view), name


class _Interface:
    """What stands in an interface and in those that it extends."""

    def __init__(self, interface: Plain, found: dict[str, Plain], names: Names) -> None:
        self.members: dict[str, Any] = {}
        self.again: Plain = {}  # the same by name, as it is written
        self.components: list[Plain] = []
        self._names = names
        chain = list(_extended(interface, found))
        named = {s["@id"]: s for one in chain for s in _many(one.get("schemas")) if "@id" in s}
        self._schemas = Schemas(named)
        contents: dict[str, Plain] = {}
        for one in chain:
            for each in _many(one.get("contents")):
                contents.setdefault(each["name"], each)
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
        return own.read(found, _PLAIN[member](found, name), plain)


def _extended(interface: Plain, found: dict[str, Plain], depth: int = 0) -> Iterator[Plain]:
    if depth > _DEEPEST:
        raise Malformed("body", "interfaces extend one another too deeply")
    yield interface
    for one in _many(interface.get("extends")):
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
    named = _answer(response, is_single=_is_single(outputs))
    return Command(
        id=text(said.get("id")) or plain["name"],
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
    return (own.read(found, valued(found, kind, mended(found.id)), plain),)


def _event(schemas: Schemas, plain: Plain) -> Event:
    said = notes(plain)
    schema, severity = schemas.found(plain.get("schema")), said["event"]
    return Event(
        id=text(said.get("id")) or plain["name"],
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
_PLAIN: Mapping[str, Callable[[Any, str], Plain]] = {
    "properties": _property_plain,
    "commands": _command_plain,
    "events": _event_plain,
}


def recognise(plain: Any) -> bool:
    """Whether a decoded document says that it is DTDL, of any version."""
    listed = plain if isinstance(plain, list) else [plain]
    return bool(listed) and all(isinstance(one, dict) and _is_interface(one) for one in listed)


def _is_interface(plain: Plain) -> bool:
    contexts = _many(plain.get("@context"))
    return any(isinstance(c, str) and c.startswith("dtmi:dtdl:context;") for c in contexts)


def check(source: bytes) -> Sequence[Violation]:
    """What DTDL's parser refuses of the text and this format does not mend: too large an interface."""
    return tuple(
        Violation((one["@id"],), "too_long", _LARGEST, size)
        for one in _many(decoded(source))
        if (size := len(msgspec.json.encode(one))) > _LARGEST
    )


DTDL = Format(
    name=NAME,
    title="DTDL v3",
    read=read,
    write=write,
    check=check,
    recognise=recognise,
    reasons=REASONS,
)
