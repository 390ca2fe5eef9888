"""ThingModelJson, the JSON of Alibaba's thing model actions, as a canonical thing model and back.

Source: the page on ThingModelJson's data structure and the sample of CreateThingModel. INFERRED: the
words of a service and an event beside their names are those of a property.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from entrepot.core.models.conversion import Format
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
from entrepot.vendors.aliyun.formats import thing_model_json_limits
from entrepot.vendors.aliyun.formats.documents import Documents, Key, Wording, entries, is_document
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
    default_of,
    default_specs,
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

NAME = "thing-model-json"
INPUT, OUTPUT = "PARAM_INPUT", "PARAM_OUTPUT"

_own = Spelling(NAME)

_FLAGS = {"r": "READ_ONLY", "rw": "READ_WRITE", "w": "WRITE_ONLY"}
_RW = {flag: ACCESS[word] for word, flag in _FLAGS.items()}
_EVENT_TYPES = {f"{word.upper()}_EVENT_TYPE": severity for word, severity in SEVERITY.items()}
_CALL_TYPES = {word.upper(): call for word, call in CALLS.items()}


# --- reading


def _property(plain: Plain) -> Property:
    found = Property(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        description=plain.get("description"),
        access=_RW.get(plain.get("rwFlag", "READ_ONLY")),
        required=plain.get("required") is True,
        **_value(plain, plain["dataType"]),
    )
    return _own.read(found, _property_plain, plain)


def _event(plain: Plain) -> Event:
    found = Event(
        id=plain["identifier"],
        name=name_of(plain, "eventName", plain["identifier"]),
        description=plain.get("description"),
        severity=_EVENT_TYPES.get(plain.get("eventType", "INFO_EVENT_TYPE")),
        required=plain.get("required") is True,
        outputs=_arguments(plain, "outputData", OUTPUT),
    )
    return _own.read(found, _event_head, plain, ("outputData",))


def _command(plain: Plain) -> Command:
    found = Command(
        id=plain["identifier"],
        name=name_of(plain, "serviceName", plain["identifier"]),
        description=plain.get("description"),
        call=_CALL_TYPES.get(plain.get("callType", "ASYNC")),
        required=plain.get("required") is True,
        inputs=_arguments(plain, "inputParams", INPUT),
        outputs=_arguments(plain, "outputParams", OUTPUT),
    )
    return _own.read(found, _command_head, plain, ("inputParams", "outputParams"))


def _arguments(plain: Plain, name: str, direction: str) -> tuple[Field, ...]:
    return tuple(_argument(p, direction, n) for n, p in enumerate(plain.get(name) or ()))


def _argument(plain: Plain, direction: str, order: int) -> Field:
    found = Field(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        **_value(plain, plain["dataType"]),
    )
    again = partial(_argument_plain, direction=direction, order=order)
    return _own.read(found, again, plain)


def _member(plain: Plain) -> Field:
    found = Field(
        id=plain["identifier"],
        name=name_of(plain, "name", plain["identifier"]),
        **_value(plain, plain["childDataType"]),
    )
    return _own.read(found, _member_plain, plain)


def _value(plain: Plain, word: str) -> dict[str, Any]:
    """The type, and the unit and default that its specs say with it."""
    specs = plain.get("dataSpecs")
    if not isinstance(specs, dict):
        specs = {}
    type_ = _type(plain, word)
    found: dict[str, Any] = {"type": type_, "default": default_of(type_, specs)}
    if word == "ARRAY":
        specs = specs.get("dataSpecs")
    if isinstance(specs, dict):
        found["unit"], found["unit_name"] = text_of(specs, "unit"), text_of(specs, "unitName")
    return found


def _type(plain: Plain, word: str) -> DataType:
    specs, items = plain.get("dataSpecs") or {}, plain.get("dataSpecsList") or ()
    if word.lower() in NUMBERS:
        return number(NUMBERS[word.lower()], specs)
    match word:
        case "BOOL":
            names = {str(item["value"]): item.get("name") for item in items}
            return Boolean(off=label(names.get("0"), "0"), on=label(names.get("1"), "1"))
        case "ENUM":
            values = ((str(item["value"]), item.get("name")) for item in items)
            return Enum(choices=tuple(Choice(v, label(n, v)) for v, n in values), base="int")
        case "DATE":
            return DateTime(form="epoch_ms")
        case "STRUCT":
            return Structure(fields=tuple(map(_member, items)))
        case "ARRAY":
            item = _type(specs, specs.get("childDataType") or "TEXT")
            return Array(item=item, max_items=count_of(specs, "size"))
    return Text(max_length=count_of(specs, "length"))


# --- writing


def _head(model: ThingModel) -> Plain:
    return {"productKey": model.id} if model.id else {}


def _named(element: Element, member: str = "name") -> Plain:
    name = element.id if element.name is None else element.name
    return {"identifier": element.id, member: name}


def _feature(element: Element, member: str, required: bool) -> Plain:
    plain = _named(element, member)
    if element.description is not None:
        plain["description"] = element.description
    plain["required"] = required
    plain["custom"] = True
    return plain


def _property_plain(property: Property) -> Plain:
    plain = _feature(property, "name", property.required)
    plain["rwFlag"] = _FLAGS[ACCESS_WORDS[property.access]]
    return plain | _typed(fitted(property.type, ANYWHERE), property)


def _event_plain(event: Event) -> Plain:
    plain = _event_head(event)
    plain["outputData"] = _arguments_plain(event.outputs, OUTPUT)
    return plain


def _event_head(event: Event) -> Plain:
    plain = _feature(event, "eventName", event.required)
    plain["eventType"] = f"{SEVERITY_WORDS[event.severity or 'info'].upper()}_EVENT_TYPE"
    plain["outputData"] = []
    return plain


def _command_plain(command: Command) -> Plain:
    plain = _command_head(command)
    plain["inputParams"] = _arguments_plain(command.inputs, INPUT)
    plain["outputParams"] = _arguments_plain(command.outputs, OUTPUT)
    return plain


def _command_head(command: Command) -> Plain:
    plain = _feature(command, "serviceName", command.required)
    plain["callType"] = (command.call or "async").upper()
    plain["inputParams"], plain["outputParams"] = [], []
    return plain


def _arguments_plain(fields: tuple[Field, ...], direction: str) -> list[Plain]:
    return [
        _own.write(field, partial(_argument_plain, direction=direction, order=order))
        for order, field in enumerate(fields)
    ]


def _argument_plain(field: Field, direction: str, order: int) -> Plain:
    plain = _named(field)
    plain |= {"direction": direction, "paraOrder": order, "custom": True}
    return plain | _typed(fitted(field.type, ANYWHERE), field)


def _member_plain(field: Field) -> Plain:
    plain = _named(field)
    typed = _typed(fitted(field.type, MEMBERS), field)
    # What a struct holds: the word of the struct, then the child's own.
    plain |= {"dataType": "STRUCT", "childDataType": typed.pop("dataType")}
    plain["childName"] = plain["name"]
    return plain | typed


def _typed(type_: DataType, field: Field) -> Plain:
    """`dataType` and what says more of it: `dataSpecs`, or `dataSpecsList` of BOOL, ENUM and STRUCT."""
    word = word_of(type_).upper()
    specs: Plain = {"dataType": word, "custom": True}
    if isinstance(type_, Number):
        specs |= number_specs(type_) | unit_specs(field)
        if isinstance(field.type, Number):
            specs |= default_specs(field)
    elif isinstance(type_, Text):
        if type_.max_length is not None:
            specs["length"] = type_.max_length
        specs |= unit_specs(field)
    elif isinstance(type_, DateTime):
        specs |= unit_specs(field)
    elif isinstance(type_, Boolean):
        labels = ("0" if type_.off is None else type_.off, "1" if type_.on is None else type_.on)
        return {
            "dataType": word,
            "dataSpecsList": [_named_value(word, n, v) for v, n in enumerate(labels)],
        }
    elif isinstance(type_, Enum):
        named = ((c.value if c.label is None else c.label, int(c.value)) for c in type_.choices)
        return {"dataType": word, "dataSpecsList": [_named_value(word, n, v) for n, v in named]}
    elif isinstance(type_, Structure):
        members = [_own.write(f, _member_plain) for f in type_.fields]
        return {"dataType": word, "dataSpecsList": members}
    elif isinstance(type_, Array):
        child = _typed(fitted(type_.item, ITEMS), field)
        specs["childDataType"] = child.pop("dataType")
        if type_.max_items is not None:
            specs["size"] = type_.max_items
        specs |= child
    return {"dataType": word, "dataSpecs": specs}


def _named_value(word: str, name: str, value: int) -> Plain:
    return {"dataType": word, "name": name, "value": value, "custom": True}


# --- the platform's own


def _automatic(properties: list[Plain]) -> dict[Key, Plain]:
    """Nothing: this format has none of them."""
    return {}


def _is_automatic(entry: Plain) -> bool:
    # INFERRED: should the platform list its own entries, they are not custom; a category's are not either,
    # and have other names.
    return entry.get("custom") is False


DOCUMENTS = Documents(
    Wording(
        own=_own,
        head=_head,
        key=lambda plain: text_of(plain, "productKey") or "",
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


def _recognise(plain: Any) -> bool:
    if not is_document(plain):
        return False
    found = entries(plain)
    if not found:
        return not plain.keys().isdisjoint(("_ppk", "productKey"))
    return all("identifier" in e and _upper(e) for e in found)


def _upper(entry: Plain) -> bool:
    """Whether a feature is spelled as ThingModelJson spells one."""
    return isinstance(entry.get("dataType"), str) or "serviceName" in entry or "eventName" in entry


THING_MODEL_JSON = Format(
    name=NAME,
    title="Alibaba ThingModelJson",
    dialect=DIALECT,
    read=DOCUMENTS.read,
    write=DOCUMENTS.write,
    check=thing_model_json_limits.check,
    recognise=_recognise,
    reasons=REASONS,
)
