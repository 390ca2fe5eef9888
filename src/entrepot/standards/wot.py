"""W3C WoT Thing Models (Thing Description 1.1, section 10) as canonical thing models and back.

A Thing Model is flat: what stands in a service has the service's id before its own, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core.faults import Malformed, Violation
from entrepot.core.models.conversion import UNREADABLE, Format, Reason
from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Access,
    Command,
    Event,
    Property,
    Service,
    ThingModel,
)
from entrepot.standards import units
from entrepot.standards.reader import Reader, checked, decoded
from entrepot.standards.schema import (
    PREFIX,
    Labelled,
    Language,
    Plain,
    is_bare,
    mapping,
    needed,
    text,
)

NAME = "wot"
TD = "https://www.w3.org/2022/wot/td/v1.1"
CONTEXT = [TD, {"entrepot": "urn:entrepot:", "qudt": "http://qudt.org/vocab/unit/"}]
_SERVICE, _SERVICES, _ID = f"{PREFIX}service", f"{PREFIX}services", f"{PREFIX}id"
_OPTIONAL, _REQUIRED = "tm:optional", "tm:required"

_own = Spelling(NAME)
Feature = Property | Command | Event

# read only, write only, observable; what only reports itself says so in a term of its own
_ACCESS: dict[Access, tuple[bool, bool, bool]] = {
    "rw": (False, False, False),
    "r": (True, False, False),
    "w": (False, True, False),
    "rwn": (False, False, True),
    "rn": (True, False, True),
    "wn": (False, True, True),
}
_FLAGS = ("readOnly", "writeOnly", "observable")
_ACCESSES = {flags: access for access, flags in _ACCESS.items()}
_CALLS = {"sync": True, "async": False}

REASONS = {
    "property.access": Reason("in WoT what says nothing may be read and written"),
    "any.names": Reason("WoT names languages as BCP 47 does: zh-CN"),
    "any.type.base": Reason("the values of an enumeration are integers or texts"),
    "any.type.step": Reason("a step is greater than zero"),
}


def _choices(labelled: Labelled) -> Plain:
    if all(label is None and isinstance(value, str) for value, label in labelled):
        return {"enum": [value for value, _ in labelled]}
    return {
        "oneOf": [
            {"const": value} if label is None else {"const": value, "title": label}
            for value, label in labelled
        ]
    }


def _constants(plain: Plain) -> Labelled | None:
    if isinstance(listed := plain.get("enum"), list):
        return [(value, None) for value in listed]
    found = plain.get("oneOf")
    if isinstance(found, list) and all(isinstance(c, dict) and "const" in c for c in found):
        return [(c["const"], text(c.get("title"))) for c in found]
    return None


LANGUAGE = Language(
    own=_own,
    label="title",
    labels="titles",
    ref="tm:ref",
    binary=("contentEncoding", "base64"),
    choices=_choices,
    constants=_constants,
    unit="unit",
    unit_name=lambda unit: unit.qudt and f"qudt:{unit.qudt}",
    units={f"qudt:{name}": unit for name, unit in units.QUDT.items()},
)  # fmt: skip


# --- writing -------------------------------------------------------------------------------------


def write(model: ThingModel) -> bytes:
    """The model as a Thing Model."""
    return msgspec.json.encode(_own.write(model, _model_plain))


def _model_plain(model: ThingModel) -> Plain:
    services = [_own.write(service, _service_plain) for service in model.services]
    plain = _head(model, services)
    for service in model.services:
        for group, features, written in _groups(service):
            into = plain.setdefault(group, {})
            for feature in features:
                into[_key(service, feature)] = _placed(service, _own.write(feature, written))
    return _with_optional(plain, model)


def _head(model: ThingModel, services: list[Plain]) -> Plain:
    plain: Plain = {"@context": CONTEXT, "@type": "tm:ThingModel", **LANGUAGE.words(model)}
    LANGUAGE.own_terms(plain, id=model.id or None)
    if services and not _is_flat(model.services):
        plain[_SERVICES] = services
    return plain


def _is_flat(services: Sequence[Service]) -> bool:
    """Whether there is nothing to say of services: no model here speaks of any."""
    if len(services) != 1 or services[0].id != DEFAULT_SERVICE or not is_bare(services[0], NAME):
        return False
    return any(features for _, features, _ in _groups(services[0]))


def _service_plain(service: Service) -> Plain:
    plain = {_ID: service.id, **LANGUAGE.words(service)}
    LANGUAGE.own_terms(plain, type=service.type, disabled=service.disabled)
    return plain


def _groups(
    service: Service,
) -> Iterator[tuple[str, tuple[Feature, ...], Callable[[Any], Plain]]]:
    if service.properties:
        yield "properties", service.properties, _property_plain
    if service.commands:
        yield "actions", service.commands, _action_plain
    if service.events:
        yield "events", service.events, _event_plain


def _key(service: Service, feature: Feature) -> str:
    return feature.id if service.id == DEFAULT_SERVICE else f"{service.id}.{feature.id}"


def _placed(service: Service, plain: Plain) -> Plain:
    return plain if service.id == DEFAULT_SERVICE else {**plain, _SERVICE: service.id}


def _with_optional(plain: Plain, model: ThingModel) -> Plain:
    # what a Thing Model does not list as optional is mandatory
    optional = [
        f"/{group}/{_key(service, feature).replace('~', '~0').replace('/', '~1')}"
        for name in ("properties", "actions", "events")
        for service in model.services
        for group, features, _ in _groups(service)
        for feature in features
        if group == name and not feature.required
    ]
    if optional:
        plain[_OPTIONAL] = optional
    return plain


def _property_plain(property: Property) -> Plain:
    plain = LANGUAGE.value(property)
    access = property.access
    if access == "n":
        plain.update(readOnly=True, observable=True, **{f"{PREFIX}access": "n"})
    elif access is not None:
        plain.update((flag, True) for flag, on in zip(_FLAGS, _ACCESS[access], strict=True) if on)
    LANGUAGE.own_terms(plain, static=property.static)
    return plain


def _action_plain(command: Command) -> Plain:
    plain = LANGUAGE.words(command)
    if command.inputs:
        plain["input"] = LANGUAGE.parameters(command.inputs)
    if command.outputs:
        plain["output"] = LANGUAGE.parameters(command.outputs)
    if command.call is not None:
        plain["synchronous"] = _CALLS[command.call]
    LANGUAGE.own_terms(plain, response=command.response)
    return plain


def _event_plain(event: Event) -> Plain:
    plain = LANGUAGE.words(event)
    if event.outputs:
        plain["data"] = LANGUAGE.parameters(event.outputs)
    LANGUAGE.own_terms(plain, severity=event.severity)
    return plain


# --- reading -------------------------------------------------------------------------------------


def read(source: bytes, plain: Any = None) -> ThingModel:
    """The model of a Thing Model; what refers to other documents is taken as it stands.

    Raises:
        Malformed: not JSON, or no Thing Model.
    """
    plain = decoded(source, plain)
    if not recognise(plain):
        raise Malformed("body", "no Thing Model: its @type is not tm:ThingModel")
    try:
        return _model(Reader(LANGUAGE, plain), plain)
    except UNREADABLE as error:
        raise Malformed("body", f"not a Thing Model: {error}") from None


def _model(reader: Reader, plain: Plain) -> ThingModel:
    declared = [_service(one) for one in plain.get(_SERVICES) or ()]
    services = {service.id: service for service in declared}
    if len(services) < len(declared):
        raise Malformed("body", "two services of one id")
    found: dict[str, dict[str, list[Feature]]] = {}
    again: Plain = {}
    is_required = _requirement(plain)
    for group, member, make in _READ:
        for key, whole in mapping(plain.get(group)).items():
            home = text(whole.get(_SERVICE)) or DEFAULT_SERVICE
            own = {k: v for k, v in whole.items() if k != _SERVICE} if _SERVICE in whole else whole
            pointer = f"/{group}/{key.replace('~', '~0').replace('/', '~1')}"
            feature = make(reader, _id(key, home), own, is_required(pointer))
            service = services.setdefault(home, Service(id=home))
            found.setdefault(home, {}).setdefault(member, []).append(feature)
            again.setdefault(group, {})[_key(service, feature)] = _placed(service, own)
    model = ThingModel(
        id=text(plain.get(_ID)) or "",
        **LANGUAGE.words_of(plain),
        services=tuple(_filled(one, found.get(id, {})) for id, one in services.items()),
    )

    def written(model: ThingModel) -> Plain:
        head = _head(model, [_own.write(service, _service_plain) for service in model.services])
        return _with_optional({**head, **again}, model)

    return _own.read(model, written, plain)


def _requirement(plain: Plain) -> Callable[[str], bool]:
    """Tells by a feature's pointer whether devices have to have it.

    DOC BUG: section 10 of TD 1.1 has `tm:optional`, its drafts and some tools `tm:required`. A document that
    has the latter says with it what is required, and an empty list requires nothing.
    """
    if isinstance(required := plain.get(_REQUIRED), list):
        return required.__contains__
    optional = plain.get(_OPTIONAL) or ()
    return lambda pointer: pointer not in optional


def _filled(service: Service, found: Mapping[str, Iterable[Any]]) -> Service:
    return replace(service, **{member: tuple(features) for member, features in found.items()})


def _id(key: str, service: str) -> str:
    return key.removeprefix(f"{service}.") if service != DEFAULT_SERVICE else key


def _service(plain: Plain) -> Service:
    found = Service(
        id=needed(plain, _ID),
        **LANGUAGE.words_of(plain),
        type=text(LANGUAGE.term(plain, "type")),
        disabled=LANGUAGE.term(plain, "disabled") is True,
    )
    return _own.read(found, _service_plain, plain)


def _property(reader: Reader, id: str, plain: Plain, required: bool) -> Property:
    meant = reader.meant(plain)
    read_only, write_only, observable = (meant.get(flag) is True for flag in _FLAGS)
    access = _ACCESSES.get((read_only, write_only, observable))
    if read_only and observable and LANGUAGE.term(meant, "access") == "n":
        access = "n"
    static = LANGUAGE.term(meant, "static") is True
    found = Property(**reader.value(id, plain, required), access=access, static=static)
    return _own.read(found, _property_plain, plain)


def _action(reader: Reader, id: str, plain: Plain, required: bool) -> Command:
    meant = reader.meant(plain)
    synchronous = meant.get("synchronous")
    found = Command(
        id=id,
        **LANGUAGE.words_of(meant),
        inputs=reader.parameters(meant.get("input"), "input"),
        outputs=reader.parameters(meant.get("output"), "output"),
        call=None if not isinstance(synchronous, bool) else "sync" if synchronous else "async",
        response=text(LANGUAGE.term(meant, "response")),
        required=required,
    )
    return _own.read(found, _action_plain, plain)


def _event(reader: Reader, id: str, plain: Plain, required: bool) -> Event:
    meant = reader.meant(plain)
    severity = LANGUAGE.term(meant, "severity")
    found = Event(
        id=id,
        **LANGUAGE.words_of(meant),
        outputs=reader.parameters(meant.get("data"), "data"),
        severity=severity if severity in ("info", "warning", "error") else None,
        required=required,
    )
    return _own.read(found, _event_plain, plain)


_READ: tuple[tuple[str, str, Callable[[Reader, str, Plain, bool], Feature]], ...] = (
    ("properties", "properties", _property),
    ("actions", "commands", _action),
    ("events", "events", _event),
)


def recognise(plain: Any) -> bool:
    """Whether a decoded document says that it is a Thing Model."""
    kind = plain.get("@type") if isinstance(plain, dict) else None
    return kind == "tm:ThingModel" or (isinstance(kind, list) and "tm:ThingModel" in kind)


def check(source: bytes, plain: Any = None) -> Sequence[Violation]:
    """Names that a Thing Model takes for placeholders: `{{...}}`."""
    if plain is not None and b"{{" not in source:
        return ()
    return checked(source, partial(_placeholders, ()), plain)


def _placeholders(path: tuple[str, ...], plain: Any) -> Iterator[Violation]:
    if isinstance(plain, dict):
        for name, value in plain.items():
            before, _, after = name.partition("{{")
            if before != name and "}}" in after:
                yield Violation((*path, name), "pattern", "no {{placeholder}}", name)
            yield from _placeholders((*path, name), value)


WOT = Format(
    name=NAME,
    title="W3C WoT Thing Model 1.1",
    read=read,
    write=write,
    check=check,
    recognise=recognise,
    reasons=REASONS,
)
