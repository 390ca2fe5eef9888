"""A whole model as one document: the default module on top, the others in `functionBlocks`; knows no feature.

INFERRED: the pages show one module at a time, the default one with a list of the others' ids and names.
A whole model is that list with the modules' own properties, events and services in it; the three lists
on top are the default module's, and are not there where it is not. A module's own document, which has
`functionBlockId` on top, is read as a model of that one module.

What the platform adds to every export (the event `post`, the services `set` and `get`) is no feature.
Where a text has it, it is written again, from the properties that there are by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from entrepot.core.faults import Malformed
from entrepot.core.models.conversion import UNREADABLE
from entrepot.core.models.spelling import Spelling, kept, restored
from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Command,
    Event,
    Property,
    Service,
    ThingModel,
)
from entrepot.core.unreadable import not_a_model, not_json
from entrepot.vendors.aliyun.formats.values import Plain, name_of

Key = tuple[str, str]  # the list that an entry stands in, and its identifier

LISTS = ("properties", "events", "services")
AUTOMATIC: frozenset[Key] = frozenset(
    (("events", "post"), ("services", "set"), ("services", "get"))
)
_DEFAULT_MEMBERS = frozenset(LISTS)
_MODULE_MEMBERS = _DEFAULT_MEMBERS | {"functionBlockId", "functionBlockName", "description"}
# Asides in `extras`: said to have been written, and never found in a text, so that nothing is restored.
_ALONE = "#alone"  # the model is a module's own document
_AUTOMATIC = "#automatic"  # what the text had of the platform's own entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a format spells what a document holds."""

    own: Spelling
    head: Callable[[ThingModel], Plain]
    key: Callable[[Plain], str]
    property: Callable[[Plain], Property]
    property_plain: Callable[[Property], Plain]
    event: Callable[[Plain], Event]
    event_plain: Callable[[Event], Plain]
    command: Callable[[Plain], Command]
    command_plain: Callable[[Command], Plain]
    # Whether an entry of such a name is the platform's own; and its entries for some properties.
    is_automatic: Callable[[Plain], bool]
    automatic: Callable[[list[Plain]], Mapping[Key, Plain]]


class Documents:
    """The reader and the writer of one format."""

    def __init__(self, wording: Wording) -> None:
        self.words = wording

    # --- reading

    def read(self, text: bytes, plain: Any = None) -> ThingModel:
        """The model.

        Raises:
            Malformed: not JSON, or nothing of the kind.
        """
        try:
            plain = msgspec.json.decode(text) if plain is None else plain
        except (msgspec.DecodeError, RecursionError) as error:
            raise Malformed("body", not_json(error)) from None
        if not is_document(plain):
            raise Malformed("body", "no object with properties, events and services")
        try:
            return self._model(plain)
        except UNREADABLE as error:
            raise Malformed("body", f"not a thing model: {not_a_model(error)}") from None

    def _model(self, plain: Plain) -> ThingModel:
        blocks = plain.get("functionBlocks") or []
        alone = "functionBlockId" in plain
        has_default = not alone and any(name in plain for name in LISTS)
        members = _MODULE_MEMBERS if alone else _DEFAULT_MEMBERS if has_default else frozenset()
        top = {name: value for name, value in plain.items() if name in members}
        services = [self._module(block, block["functionBlockId"]) for block in blocks]
        ids = {service.id for service in services}
        if len(ids) < len(services) or DEFAULT_SERVICE in ids or (alone and blocks):
            raise ValueError("modules within a module, or two of one id")
        if alone:
            services = [self._module(top, top["functionBlockId"])]
        elif has_default:
            services.insert(0, self._module(top, DEFAULT_SERVICE))
        model = ThingModel(id=self.words.key(plain), services=tuple(services))
        rest = {name: value for name, value in plain.items() if name not in members}

        def again(model: ThingModel) -> Plain:
            written = self.words.head(model)
            if blocks or not services:
                written["functionBlocks"] = blocks  # they came back as they were already
            if alone:
                written[_ALONE] = True
            return written

        return self.words.own.read(model, again, rest)

    def _module(self, plain: Plain, id: str) -> Service:
        words = self.words
        if not isinstance(id, str):
            raise TypeError("functionBlockId is no text")
        lists = {name: plain.get(name) or [] for name in LISTS}
        own = {name: [e for e in lists[name] if not self.adds(name, e)] for name in LISTS}
        service = Service(
            id=id,
            name=name_of(plain, "functionBlockName", id),
            description=plain.get("description"),
            properties=tuple(map(words.property, own["properties"])),
            commands=tuple(map(words.command, own["services"])),
            events=tuple(map(words.event, own["events"])),
        )

        def again(service: Service) -> Plain:
            # What is in the lists came back as it was already.
            written = _module_head(service, named="functionBlockId" in plain) | lists
            if any(len(own[name]) < len(lists[name]) for name in LISTS):
                written[_AUTOMATIC] = self._told(lists, own["properties"])
            return written

        return words.own.read(service, again, plain)

    def adds(self, name: str, entry: Plain) -> bool:
        """Whether the entry of this list is one that the platform adds to every export."""
        return (name, entry["identifier"]) in AUTOMATIC and self.words.is_automatic(entry)

    def _told(self, lists: Mapping[str, list[Plain]], properties: list[Plain]) -> list[Any]:
        """Of each of the platform's own entries its list, place and name, and how it is spelled."""
        known = self.words.automatic(properties)
        return [
            [
                name,
                place,
                entry["identifier"],
                kept(known.get((name, entry["identifier"]), {}), entry),
            ]
            for name in LISTS
            for place, entry in enumerate(lists[name])
            if self.adds(name, entry)
        ]

    # --- writing

    def write(self, model: ThingModel) -> bytes:
        """The whole model as one document."""
        own = self.words.own
        default = next((s for s in model.services if s.id == DEFAULT_SERVICE), None)
        alone = len(model.services) == 1 and _ALONE in model.extras.get(own.dialect, {})
        others = [] if alone else [s for s in model.services if s is not default]

        def head(model: ThingModel) -> Plain:
            plain = self.words.head(model)
            if others or not model.services:
                plain["functionBlocks"] = [self.module(s, named=True) for s in others]
            return plain

        plain = own.write(model, head)
        blocks = {"functionBlocks": plain.pop("functionBlocks")} if others else {}
        if alone:
            plain |= self.module(model.services[0], named=True)
        elif default is not None:
            plain |= self.module(default, named=False)
        return msgspec.json.encode(plain | blocks)

    def module(self, service: Service, *, named: bool) -> Plain:
        """One module; the default one has no name."""
        words = self.words
        own = words.own

        def whole(service: Service) -> Plain:
            plain = _module_head(service, named=named)
            plain["properties"] = [own.write(p, words.property_plain) for p in service.properties]
            plain["events"] = [own.write(e, words.event_plain) for e in service.events]
            plain["services"] = [own.write(c, words.command_plain) for c in service.commands]
            return plain

        plain = own.write(service, whole)
        told = service.extras.get(own.dialect, {}).get(_AUTOMATIC)
        if told is not None:
            known = words.automatic(plain.get("properties") or [])
            for name, place, id, spelling in told["was"]:
                entry = restored(dict(known.get((name, id), {})), spelling)
                plain.setdefault(name, []).insert(place, entry)
        return plain


def _module_head(service: Service, *, named: bool) -> Plain:
    if not named:
        return {}
    plain: Plain = {
        "functionBlockId": service.id,
        "functionBlockName": service.id if service.name is None else service.name,
    }
    if service.description is not None:
        plain["description"] = service.description
    return plain


def is_document(plain: Any) -> bool:
    """Whether a decoded JSON value has what a model in either format has."""
    return isinstance(plain, dict) and any(
        isinstance(plain.get(name), list) for name in (*LISTS, "functionBlocks")
    )


def entries(plain: Plain) -> list[Plain]:
    """Every feature of every module of a document, for a look at how it is spelled."""
    blocks = plain.get("functionBlocks")
    modules = [
        plain,
        *(b for b in (blocks if isinstance(blocks, list) else ()) if isinstance(b, dict)),
    ]
    return [
        entry
        for module in modules
        for name in LISTS
        if isinstance(module.get(name), list)
        for entry in module[name]
        if isinstance(entry, dict)
    ]
