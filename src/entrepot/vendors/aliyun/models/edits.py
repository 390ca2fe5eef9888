"""What the thing model actions do to a model: pure functions from one to the next; knows no wire and no store.

A module is a service of the canonical model, the default one that of features that stand in none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from entrepot.core.faults import Invalid, NotFound, QuotaExceeded, Taken
from entrepot.core.models.thing_model import (
    DEFAULT_SERVICE,
    Command,
    Element,
    Event,
    Property,
    Service,
    ThingModel,
)
from entrepot.vendors.aliyun.formats.limits import FEATURES, MODULES, NewModule, faults

E = TypeVar("E", bound=Element)
Edit = Callable[[ThingModel], ThingModel]
FEATURE_RULE = "aliyun.feature"
NOTHING = ThingModel(id="")


@dataclass(frozen=True, slots=True)
class Module:
    """A module that a caller names; `name`: what it is called from now on."""

    id: str = DEFAULT_SERVICE
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Features that are to go."""

    properties: frozenset[str] = frozenset()
    commands: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.properties or self.commands or self.events)


def module(model: ThingModel, id: str) -> Service:
    """The module; the default one is always there.

    Raises:
        NotFound: there is none of this id.
    """
    found = next((s for s in model.services if s.id == id), None)
    if found is None:
        if id != DEFAULT_SERVICE:
            raise NotFound("module", id[:64])
        return Service(id=id)
    return found


def added(wanted: Module, new: Service) -> Edit:
    """The features of `new` join those of the module, which is made where there is none."""

    def edit(model: ThingModel) -> ThingModel:
        old = _module_or_new(model, wanted)
        known = {f.id for f in _features(old)}
        for feature in _features(new):
            if feature.id in known:
                raise Taken(FEATURE_RULE, feature.id)
        both = replace(
            old,
            properties=old.properties + new.properties,
            commands=old.commands + new.commands,
            events=old.events + new.events,
        )
        return _with(model, both)

    return edit


def changed(wanted: Module, identifier: str | None, new: Service) -> Edit:
    """The one feature of `new` in the place of that of its kind with the identifier, or its own.

    Without a feature only the module's name changes.
    """

    def edit(model: ThingModel) -> ThingModel:
        old = module(model, wanted.id)
        if wanted.name is not None:
            old = replace(old, name=wanted.name)
        for kind in ("properties", "commands", "events"):
            for feature in getattr(new, kind):
                old = _replaced(old, kind, identifier or feature.id, feature)
        return _with(model, old)

    return edit


def _replaced(service: Service, kind: str, id: str, feature: Element) -> Service:
    listed: tuple[Element, ...] = getattr(service, kind)
    if all(one.id != id for one in listed):
        raise NotFound("feature", id[:64], service.id)
    if feature.id != id and any(one.id == feature.id for one in _features(service)):
        raise Taken(FEATURE_RULE, feature.id)
    return replace(service, **{kind: tuple(feature if e.id == id else e for e in listed)})


def dropped(wanted: Module | None, gone: Identifiers) -> Edit:
    """Without these features of the module; without features to drop: without the module, or all.

    INFERRED: identifiers that are not there are passed over. The page can be read to say that they
    empty the whole model.
    """

    def edit(model: ThingModel) -> ThingModel:
        if not gone and wanted is None:
            return replace(model, services=())
        old = module(model, wanted.id if wanted else DEFAULT_SERVICE)
        if not gone:
            return replace(model, services=tuple(s for s in model.services if s.id != old.id))
        left = replace(
            old,
            properties=_without(old.properties, gone.properties),
            commands=_without(old.commands, gone.commands),
            events=_without(old.events, gone.events),
        )
        return _with(model, left) if left != old else model

    return edit


def _without(listed: tuple[E, ...], gone: frozenset[str]) -> tuple[E, ...]:
    return tuple(one for one in listed if one.id not in gone)


def imported(wanted: Module, new: ThingModel) -> Edit:
    """The features of the module become those of the default one of `new`.

    INFERRED: modules of `new` that have features of their own take the place of theirs.
    """

    def edit(model: ThingModel) -> ThingModel:
        for service in new.services:
            target = wanted
            if service.id != DEFAULT_SERVICE:
                if not _features(service):
                    continue
                target = Module(service.id, service.id if service.name is None else service.name)
            old = _module_or_new(model, target)
            model = _with(model, replace(service, id=old.id, name=old.name))
        return model

    return edit


def _module_or_new(model: ThingModel, wanted: Module) -> Service:
    found = next((s for s in model.services if s.id == wanted.id), None)
    if found is not None:
        return found if wanted.name is None else replace(found, name=wanted.name)
    if wanted.id == DEFAULT_SERVICE:
        return Service(id=wanted.id)
    given = {"FunctionBlockId": wanted.id, "FunctionBlockName": wanted.name}
    if refused := faults({k: v for k, v in given.items() if v is not None}, NewModule):
        raise Invalid(tuple(refused))
    if sum(s.id != DEFAULT_SERVICE for s in model.services) >= MODULES:
        raise QuotaExceeded("module", MODULES)
    return Service(id=wanted.id, name=wanted.name)


def _with(model: ThingModel, service: Service) -> ThingModel:
    """The model with the module in its place, a new one at the end and the default one at the start."""
    if len(_features(service)) > FEATURES:
        raise QuotaExceeded("feature", FEATURES)
    services = tuple(service if s.id == service.id else s for s in model.services)
    if all(s.id != service.id for s in services):
        services = (service, *services) if service.id == DEFAULT_SERVICE else (*services, service)
    return replace(model, services=services)


def _features(service: Service) -> tuple[Property | Command | Event, ...]:
    return (*service.properties, *service.commands, *service.events)
