"""TSL, the JSON that Alibaba's console exports and devices read, as a canonical thing model and back.

Source: the pages on TSL's parameters and data types. Numbers in specs are texts.
"""

from __future__ import annotations

from typing import Any

from entrepot.core.models.conversion import Format, Reason
from entrepot.core.models.spelling import Spelling
from entrepot.core.models.thing_model import (
    Array,
    Boolean,
    Choice,
    Command,
    DataType,
    DateTime,
    Element,
    Enum,
    Event,
    Field,
    Number,
    Property,
    Structure,
    Text,
    ThingModel,
)
from entrepot.vendors.aliyun.formats import tsl_limits
from entrepot.vendors.aliyun.formats.documents import (
    LISTS,
    Documents,
    Key,
    Wording,
    entries,
    is_document,
)
from entrepot.vendors.aliyun.formats.values import (
    ACCESS,
    ACCESS_WORDS,
    ANYWHERE,
    CALLS,
    ITEMS,
    MEMBERS,
    NUMBERS,
    REASONS,
    SEVERITY,
    SEVERITY_WORDS,
    Plain,
    count_of,
    fitted,
    label,
    name_of,
    number,
    number_specs,
    text_of,
    unit_specs,
    word_of,
)
from entrepot.vendors.aliyun.handles import DIALECT

NAME = "tsl"
SCHEMA = "https://iotx-tsl.oss-ap-southeast-1.aliyuncs.com/schema.json"
_METHODS = tsl_limits.AUTOMATIC

_own = Spelling(NAME)


# --- reading


def _key(plain: Plain) -> str:
    profile = plain.get("profile")
    return (text_of(profile, "productKey") or "") if isinstance(profile, dict) else ""


def _property(plain: Plain) -> Property:
    found = Property(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        description=plain.get("desc"),
        access=ACCESS.get(plain.get("accessMode", "r")),
        required=plain.get("required") is True,
        **_value(plain["dataType"]),
    )
    return _own.read(found, _property_plain, plain)


def _event(plain: Plain) -> Event:
    found = Event(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        description=plain.get("desc"),
        severity=SEVERITY.get(plain.get("type", "info")),
        required=plain.get("required") is True,
        outputs=tuple(map(_field, plain.get("outputData") or ())),
    )
    return _own.read(found, _event_head, plain, ("outputData",))


def _command(plain: Plain) -> Command:
    found = Command(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        description=plain.get("desc"),
        call=CALLS.get(plain.get("callType", "async")),
        required=plain.get("required") is True,
        inputs=tuple(map(_field, plain.get("inputData") or ())),
        outputs=tuple(map(_field, plain.get("outputData") or ())),
    )
    return _own.read(found, _command_head, plain, ("inputData", "outputData"))


def _field(plain: Plain) -> Field:
    found = Field(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        **_value(plain["dataType"]),
    )
    return _own.read(found, _field_plain, plain)


def _member(plain: Plain) -> Field:
    found = Field(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        **_value(plain["dataType"]),
    )
    return _own.read(found, _member_plain, plain)


def _value(plain: Plain) -> dict[str, Any]:
    """The type, and the unit that TSL says with it."""
    specs = plain.get("specs")
    units = specs
    if plain["type"] == "array" and isinstance(specs, dict) and isinstance(specs.get("item"), dict):
        units = specs["item"].get("specs")
    found: dict[str, Any] = {"type": _type(plain)}
    if isinstance(units, dict) and plain["type"] not in ("bool", "enum"):
        found["unit"], found["unit_name"] = text_of(units, "unit"), text_of(units, "unitName")
    return found


def _type(plain: Plain) -> DataType:
    word, specs = plain["type"], plain.get("specs")
    if word == "struct":
        return Structure(fields=tuple(map(_member, specs or ())))
    if not isinstance(specs, dict):
        specs = {}
    if word in NUMBERS:
        return number(NUMBERS[word], specs)
    match word:
        case "bool":
            return Boolean(off=label(specs.get("0"), "0"), on=label(specs.get("1"), "1"))
        case "enum":
            return Enum(choices=tuple(Choice(v, label(n, v)) for v, n in specs.items()), base="int")
        case "date":
            return DateTime(form="epoch_ms")
        case "array":
            item = specs.get("item") or {"type": "text"}
            return Array(item=_type(item), max_items=count_of(specs, "size"))
    return Text(max_length=count_of(specs, "length"))


# --- writing


def _head(model: ThingModel) -> Plain:
    head: Plain = {"schema": SCHEMA}
    if model.id:
        head["profile"] = {"productKey": model.id}
    return head


def _named(element: Element) -> Plain:
    name = element.id if element.name is None else element.name
    return {"identifier": element.id, "name": name}


def _described(element: Element) -> Plain:
    plain = _named(element)
    if element.description is not None:
        plain["desc"] = element.description
    return plain


def _property_plain(property: Property) -> Plain:
    plain = _described(property)
    plain["accessMode"] = ACCESS_WORDS[property.access]
    plain["required"] = property.required
    plain["dataType"] = _typed(property, ANYWHERE)
    return plain


def _event_plain(event: Event) -> Plain:
    plain = _event_head(event)
    plain["outputData"] = [_own.write(f, _field_plain) for f in event.outputs]
    return plain


def _event_head(event: Event) -> Plain:
    plain = _described(event)
    plain["type"] = SEVERITY_WORDS[event.severity or "info"]
    plain["required"] = event.required
    plain["method"] = f"thing.event.{event.id}.post"
    plain["outputData"] = []
    return plain


def _command_plain(command: Command) -> Plain:
    plain = _command_head(command)
    plain["inputData"] = [_own.write(f, _field_plain) for f in command.inputs]
    plain["outputData"] = [_own.write(f, _field_plain) for f in command.outputs]
    return plain


def _command_head(command: Command) -> Plain:
    plain = _described(command)
    plain["required"] = command.required
    plain["callType"] = command.call or "async"
    plain["method"] = f"thing.service.{command.id}"
    plain["inputData"], plain["outputData"] = [], []
    return plain


def _field_plain(field: Field) -> Plain:
    plain = _named(field)
    plain["dataType"] = _typed(field, ANYWHERE)
    return plain


def _member_plain(field: Field) -> Plain:
    plain = _named(field)
    plain["dataType"] = _typed(field, MEMBERS)
    return plain


def _typed(field: Field, allowed: frozenset[str]) -> Plain:
    type_ = fitted(field.type, allowed)
    return {"type": word_of(type_), "specs": _specs(type_, field)}


def _specs(type_: DataType, field: Field) -> Plain | list[Plain]:
    if isinstance(type_, Number):
        return number_specs(type_) | unit_specs(field)
    if isinstance(type_, Text):
        length = {} if type_.max_length is None else {"length": str(type_.max_length)}
        return length | unit_specs(field)
    if isinstance(type_, Boolean):
        return {
            "0": "0" if type_.off is None else type_.off,
            "1": "1" if type_.on is None else type_.on,
        }
    if isinstance(type_, Enum):
        return {c.value: c.value if c.label is None else c.label for c in type_.choices}
    if isinstance(type_, Structure):
        return [_own.write(f, _member_plain) for f in type_.fields]
    if isinstance(type_, Array):
        size = {} if type_.max_items is None else {"size": str(type_.max_items)}
        item = fitted(type_.item, ITEMS)
        plain: Plain = {"type": word_of(item)}
        if (specs := _specs(item, field)) or isinstance(item, Structure):
            plain["specs"] = specs
        return {**size, "item": plain}
    return unit_specs(field)


# --- what the platform adds


def _automatic(properties: list[Plain]) -> dict[Key, Plain]:
    """The event and the services that every module has, for these properties."""
    values = [
        {name: p.get(name) for name in ("identifier", "name", "dataType")} for p in properties
    ]
    settable = [v for v, p in zip(values, properties, strict=True) if p.get("accessMode") != "r"]
    return {
        ("events", "post"): {
            "identifier": "post", "name": "post", "desc": "Property report", "type": "info",
            "required": True, "method": _METHODS[("events", "post")], "outputData": values,
        },
        ("services", "set"): {
            "identifier": "set", "name": "set", "desc": "Property setting", "required": True,
            "callType": "async", "method": _METHODS[("services", "set")], "inputData": settable, "outputData": [],
        },
        ("services", "get"): {
            "identifier": "get", "name": "get", "desc": "Property query", "required": True,
            "callType": "async", "method": _METHODS[("services", "get")],
            "inputData": [p.get("identifier") for p in properties], "outputData": values,
        },
    }  # fmt: skip


def _is_automatic(entry: Plain) -> bool:
    return entry.get("method") in _METHODS.values()


DOCUMENTS = Documents(
    Wording(
        own=_own,
        head=_head,
        key=_key,
        property=_property,
        property_plain=_property_plain,
        event=_event,
        event_plain=_event_plain,
        command=_command,
        command_plain=_command_plain,
        is_automatic=_is_automatic,
        automatic=_automatic,
    )
)


def with_automatic(module: Plain) -> Plain:
    """A module as the platform exports it."""
    found: Plain = {**module}
    for name in ("events", "services"):
        found[name] = [e for e in module.get(name) or () if not DOCUMENTS.adds(name, e)]
    added = _automatic(module.get("properties") or [])
    for (name, _), entry in reversed(added.items()):
        found[name].insert(0, entry)
    return found


_EMPTY = {"schema", "profile", "functionBlocks", "functionBlockId", "functionBlockName", *LISTS}


def _recognise(plain: Any) -> bool:
    if not is_document(plain) or "_ppk" in plain:
        return False
    found = entries(plain)
    if not found:
        # An empty model says no more than this; one list of services is a ROMA document's too.
        members = set(plain)
        return members != {"services"} and members <= _EMPTY
    return all("identifier" in e and _lower(e) for e in found)


def _lower(entry: Plain) -> bool:
    """Whether a feature is spelled as TSL spells one."""
    type_ = entry.get("dataType")
    if isinstance(type_, dict):
        return isinstance(type_.get("type"), str)
    return type_ is None and "serviceName" not in entry and "eventName" not in entry


TSL = Format(
    name=NAME,
    title="Alibaba TSL",
    dialect=DIALECT,
    read=DOCUMENTS.read,
    write=DOCUMENTS.write,
    check=tsl_limits.check,
    recognise=_recognise,
    reasons={
        **REASONS,
        "any.default": Reason("TSL has no defaults"),
    },
)
