"""A model after one author changed what a format shows of it, and after two changed it at once.

What a format does not show stays as it is, and only services that changed are written and read
again. Knows no dialect.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from entrepot.core.models.authored import Authored
from entrepot.core.models.catalog import Catalog
from entrepot.core.models.conversion import Format, read
from entrepot.core.models.differences import ORDER, differences, undone
from entrepot.core.models.thing_model import Service, ThingModel

Edit = Callable[[ThingModel], ThingModel]
_ORDER = ("services", ORDER)
_NOTHING = ThingModel(id="")


def edited(
    catalog: Catalog, old: Authored | None, words: Format, edit: Edit, dialect: str
) -> Authored | None:
    """The model after an author of the dialect changed what the words show of it; None where nobody here
    can read it.
    """
    was = _NOTHING if old is None else catalog.model(old)
    return None if was is None else _authored(catalog, old, was, retold(was, words, edit), dialect)


def retold(model: ThingModel, words: Format, edit: Edit) -> ThingModel:
    """The model after the edit, with what the words do not show of the services that it changed."""
    new = edit(model)
    touched = _touched(model, new)
    before = {service.id: service for service in model.services}
    part = replace(model, services=tuple(before[s.id] for s in touched if s.id in before))
    lost = differences(part, read(words.write(part), words))
    if not lost:
        return new
    told = undone(replace(new, services=touched), lost)
    again = {service.id: service for service in told.services}
    return replace(new, services=tuple(again.get(s.id, s) for s in new.services))


def _touched(old: ThingModel, new: ThingModel) -> tuple[Service, ...]:
    """The services of the new model that are not the very same in the old one."""
    same = {id(service) for service in old.services}
    return tuple(service for service in new.services if id(service) not in same)


def _authored(
    catalog: Catalog, old: Authored | None, was: ThingModel, new: ThingModel, dialect: str
) -> Authored:
    """`catalog.authored`; of a service that is the very same, what was parked is parked still."""
    touched = _touched(was, new)
    part = catalog.authored(replace(new, services=touched), dialect)
    same = {s.id for s in new.services} - {s.id for s in touched}
    parked = () if old is None else old.parked
    kept = tuple(d for d in parked if d.path[0] == "services" and d.path[1] in same)
    alike = old is None or old.dialect == dialect
    if not alike or any(d.path == _ORDER for d in (*parked, *part.parked)):
        return catalog.authored(new, dialect)
    return Authored(dialect, msgspec.Raw(catalog.named(dialect).write(new)), (*kept, *part.parked))


def rebased(catalog: Catalog, draft: Authored, base: Authored | None, onto: Authored) -> Authored:
    """The draft, which was begun from `base`, as if it had been begun from `onto`.

    What both changed stays as the draft has it. A draft that nobody here can read stays whole.
    """
    old = _NOTHING if base is None else catalog.model(base)
    mine, new = catalog.model(draft), catalog.model(onto)
    if mine is None or old is None or new is None:
        return draft
    theirs = differences(new, _with_services(old, mine, new))
    return catalog.authored(undone(mine, theirs), draft.dialect) if theirs else draft


def _with_services(old: ThingModel, mine: ThingModel, new: ThingModel) -> ThingModel:
    """The base with an empty service for each that both have made since: they meet in what is in it."""
    known = {service.id for service in old.services}
    both = {service.id for service in mine.services} - known
    made = (Service(id=s.id) for s in new.services if s.id in both)
    return replace(old, services=(*old.services, *made))
