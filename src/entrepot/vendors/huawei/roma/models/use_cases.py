"""The use cases of a model's parts: services, properties, commands and what these take and answer.

They hang off a product or a template; a part's id says off which. Plain functions over a unit of
work; each edit reads and replaces the whole model in one, so that parallel ones lose nothing. Knows
neither wire nor SQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, QuotaExceeded, Refused, Taken
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.products import registry, templates
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things.claim import Actor
from entrepot.core.things.product import Product
from entrepot.core.things.template import Template
from entrepot.vendors.huawei.roma import handles
from entrepot.vendors.huawei.roma.formats.document import Document, Part, Plain, Stamp, named
from entrepot.vendors.huawei.roma.handles import DIALECT
from entrepot.vendors.huawei.roma.paging import Page, Selection, page_of

MOST_BYTES = 1 << 20  # of one model; no page gives a limit
# The rules that names are unique by. INFERRED: what a command takes and answers is told as properties are.
RULES = {"services": "roma.service", "commands": "roma.command"}
_WORDS = {"services": "service", "commands": "command"}

Step = tuple[str, int]
"""The list that a part stands in, and the part's id."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The product or template that a list of services belongs to."""

    ref: Ref
    template: bool | None = None  # None: whichever has the id


@dataclass(frozen=True, slots=True)
class PartList:
    """A list of parts: inside the part that the steps lead to, or, without steps, the owner's services."""

    kind: str
    steps: tuple[Step, ...] = ()
    owner: Owner | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A part, the parts that it is in, outermost first, and what they belong to."""

    owner: Product | Template
    parts: tuple[Part, ...]

    @property
    def part(self) -> Part:
        """The part itself."""
        return self.parts[-1]

    @property
    def ids(self) -> tuple[int, ...]:
        """The ids of the parts, outermost first."""
        return tuple(handles.part_id(self.owner.id, part.number) for part in self.parts)

    @property
    def made(self) -> Stamp:
        """When and by whom it was made: where nobody noted it, with its owner."""
        return self.part.made or Stamp(self.owner.created_at, self.owner.created_by)

    @property
    def changed(self) -> Stamp:
        """When and by whom it was last changed."""
        return self.part.changed or Stamp(self.owner.updated_at, self.owner.updated_by)

    @property
    def created_at(self) -> int:
        """As of any thing that is filtered by it."""
        return self.made.at

    @property
    def created_by(self) -> Actor:
        """As of any thing that is filtered by it."""
        return self.made.by


@dataclass(slots=True)
class _Open:
    """A model that is being read or changed."""

    owner: Product | Template
    document: Document


def list_parts(tx: Tx, caller: Caller, value: tuple[PartList, Selection[Found]]) -> Page[Found]:
    """The wanted parts, in the order of the model.

    Raises:
        NotFound: no such product, template, service or command.
    """
    part_list, wanted = value
    opened, within = _reach(tx, caller, part_list, "read")
    inside = within[-1].inside[part_list.kind]
    return page_of((_found(opened, (*within, part)) for part in inside), wanted)


def get_part(tx: Tx, caller: Caller, steps: tuple[Step, ...]) -> Found:
    """The part at the end of the steps.

    Raises:
        NotFound: it, or what it is in, is not there.
    """
    opened, parts = _reach(tx, caller, PartList("", steps), "read")
    return _found(opened, parts)


def create_part(tx: Tx, caller: Caller, value: tuple[PartList, Plain]) -> Found:
    """The part, kept as the last of its list.

    Raises:
        NotFound: no such product, template, service or command.
        Taken: another part of the list has its name.
        QuotaExceeded: the model is as large, or has had as many parts, as may be.
        Refused: the model cannot be read.
    """
    part_list, plain = value
    opened, within = _reach(tx, caller, part_list, "update")
    _refuse_taken(within[-1], part_list.kind, plain)
    part = opened.document.add(within[-1], part_list.kind, plain)
    if part.number > handles.MOST_PARTS:
        raise QuotaExceeded("part", handles.MOST_PARTS)
    if part_list.kind == "services":
        part.made = part.changed = Stamp(caller.now_ms, caller.actor)
    return _found(_keep(tx, caller, opened), (*within, part))


def update_part(
    tx: Tx, caller: Caller, value: tuple[tuple[Step, ...], Callable[[Plain], Plain]]
) -> Found:
    """The part as it is after the change.

    Raises:
        NotFound, QuotaExceeded, Refused: as `create_part`.
        Taken: another part of the list has its new name.
    """
    steps, change = value
    opened, parts = _reach(tx, caller, PartList("", steps), "update")
    part = parts[-1]
    plain = change(part.plain)
    _refuse_taken(parts[-2], part.kind, plain, part)
    part.plain = plain
    if part.kind == "services":
        part.made = part.made or _found(opened, parts).made
        part.changed = Stamp(caller.now_ms, caller.actor)
    return _found(_keep(tx, caller, opened), parts)


def delete_part(tx: Tx, caller: Caller, steps: tuple[Step, ...]) -> Found:
    """The part as it was, with all that was in it.

    Raises:
        NotFound, Refused: as `create_part`.
    """
    opened, parts = _reach(tx, caller, PartList("", steps), "update")
    parts[-2].inside[parts[-1].kind].remove(parts[-1])
    return _found(_keep(tx, caller, opened), parts)


def _reach(
    tx: Tx, caller: Caller, part_list: PartList, action: str
) -> tuple[_Open, tuple[Part, ...]]:
    """The model, and the parts on the way to the list, beginning with the one that services stand in."""
    owner = part_list.owner
    if owner is None:
        first = part_list.steps[0][1]
        owner = Owner(Ref(str(first), handles.part_of(first)[0]))
    opened = _open(tx, caller, owner, action)
    parts = [opened.document.root]
    for kind, id in part_list.steps:
        holder, number = handles.part_of(id)
        found = parts[-1].part(kind, number) if holder == opened.owner.id else None
        if found is None:
            raise NotFound(_WORDS.get(kind, "property"), str(id))
        parts.append(found)
    return opened, tuple(parts)


def _open(tx: Tx, caller: Caller, owner: Owner, action: str) -> _Open:
    ref = owner.ref
    template = None
    if owner.template is not False and ref.id is not None:
        template = tx.get(Template, caller.tenant.id, ref.id)
    if template is not None:
        caller.demand(f"template:{action}")
        return _Open(template, _document(caller, template.model, ref, action))
    if owner.template:
        raise NotFound("template", ref.text)
    product = registry.get(tx, caller, ref)
    model = registry.model_in_force(tx, caller, product)
    return _Open(product, _document(caller, model, ref, action))


def _document(caller: Caller, model: Authored | None, ref: Ref, action: str) -> Document:
    if model is None:
        return Document(None)
    text = caller.catalog.text(model, DIALECT)
    if text is None and action != "read":  # it would be gone
        raise Refused("product", "described in words that cannot be read here", ref.text)
    return Document(None if text is None else bytes(text))


def _keep(tx: Tx, caller: Caller, opened: _Open) -> _Open:
    """The model as the owner's own, in ROMA's words from now on."""
    text = opened.document.text()
    if len(text) > MOST_BYTES:
        raise QuotaExceeded("model", MOST_BYTES)
    model = Authored(DIALECT, msgspec.Raw(text))
    owner = opened.owner
    ref = Ref(str(owner.id), owner.id)
    if isinstance(owner, Template):
        opened.owner = templates.update_template(
            tx, caller, (ref, lambda old: replace(old, model=model))
        )
    else:
        opened.owner = registry.update(
            tx, caller, (ref, lambda old: Edit(replace(old.profile, model=model)))
        )
    return opened


def _found(opened: _Open, parts: tuple[Part, ...]) -> Found:
    return Found(opened.owner, parts[1:])


def _refuse_taken(owner: Part, kind: str, plain: Plain, but: Part | None = None) -> None:
    name = plain[named(kind)]
    if any(part.name == name for part in owner.inside[kind] if part is not but):
        raise Taken(RULES.get(kind, "roma.property"), name)
