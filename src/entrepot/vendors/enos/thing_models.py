"""Thing models as EnOS callers meet them: the organization's own, and the public ones of the registry.

Public models are the starter models: kept in code, readable by every tenant, changed by none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from entrepot.core import models
from entrepot.core.faults import Denied, Invalid, NotFound, QuotaExceeded, Violation
from entrepot.core.identity import Caller
from entrepot.core.ports import Tx
from entrepot.core.product import Authored
from entrepot.core.things import NamedModel
from entrepot.vendors.enos import handles, model_wire, starter

Document = dict[str, Any]

# INFERRED: every model answered has an orgId, and a public one's is another organization's.
PUBLIC_ORG = "o00000000000000"
OWN, OWN_AND_PUBLIC = 0, 1
_EMPTY: Document = {"tags": {}, **{kind: {} for kind in model_wire.KINDS}}


@cache
def public() -> Mapping[str, Document]:
    """The public models by modelId, as they are answered."""
    return {str(d["modelId"]): {"orgId": PUBLIC_ORG, **d} for d in starter.models()}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One model, and whether a public one will do."""

    model_id: str
    scope: int


@dataclass(frozen=True, slots=True)
class Search:
    """Which models, in which part of the list; `ids` binds them where it is not None."""

    call: Any
    scope: int
    skip: int
    limit: int
    keep: Callable[[Document], bool] | None = None
    ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of models, how many there are in all, and what was asked."""

    wanted: Search
    documents: list[Document]
    total: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a model becomes: `fields` over what it is where `patch`, else instead of it."""

    model_id: str
    fields: Document
    patch: bool


def get(tx: Tx, caller: Caller, wanted: Wanted) -> Document:
    """The model as it is answered; the organization's own before a public one of the same id.

    Raises:
        NotFound: there is none in that scope.
    """
    found = _find(tx, caller, wanted.model_id, wanted.scope)
    if found is None:
        raise NotFound("model", wanted.model_id)
    return found


def search(tx: Tx, caller: Caller, wanted: Search) -> Found:
    """The page of models that was asked for, the organization's own first, and the total."""
    page, total = [], 0
    for document in _candidates(tx, caller, wanted):
        if wanted.keep is None or wanted.keep(document):
            if wanted.skip <= total < wanted.skip + wanted.limit:
                page.append(document)
            total += 1
    return Found(wanted, page, total)


def _find(tx: Tx, caller: Caller, model_id: str, scope: int) -> Document | None:
    own = models.find(tx, caller.tenant.id, model_id)
    if own is not None:
        return _answered(own, caller)
    return public().get(model_id) if scope == OWN_AND_PUBLIC else None


def _candidates(tx: Tx, caller: Caller, wanted: Search) -> Iterator[Document]:
    if wanted.ids is not None:
        for id in wanted.ids:
            if (found := _find(tx, caller, id, wanted.scope)) is not None:
                yield found
        return
    own = set()
    for model in models.every(tx, caller.tenant.id):
        own.add(model.key)
        yield _answered(model, caller)
    if wanted.scope == OWN_AND_PUBLIC:
        yield from (document for id, document in public().items() if id not in own)


def _answered(model: NamedModel, caller: Caller) -> Document:
    document = _document(model)
    return {
        "orgId": caller.tenant.ids[handles.ORG],
        "modelIdPath": f"/{model.key}",
        **_EMPTY,
        **document,
    }


def _document(model: NamedModel) -> Document:
    document: Document = msgspec.json.decode(model.model.text)
    return document


def update(tx: Tx, caller: Caller, change: Change) -> str:
    """The id of the model, changed.

    Raises:
        NotFound: the organization has no such model, and none is public.
        Denied: it is public.
        Invalid: the model would not be a whole one.
    """
    own = models.find(tx, caller.tenant.id, change.model_id)
    if own is None:
        if change.model_id in public():
            raise Denied("model:update", f"modelId {change.model_id}, which is public")
        raise NotFound("model", change.model_id)
    old = _document(own)
    document = _patched(old, change.fields) if change.patch else dict(change.fields)
    if "modelIdPath" in old:
        document["modelIdPath"] = old["modelIdPath"]
    model_wire.check(document)
    _put(tx, caller, document)
    return change.model_id


def _patched(old: Document, fields: Document) -> Document:
    """INFERRED: features are patched one by one, a null takes one away; all else is replaced."""
    new = {**old, **fields}
    for kind in model_wire.KINDS:
        if kind in fields:
            merged = {**(old.get(kind) or {}), **(fields[kind] or {})}
            new[kind] = {k: v for k, v in merged.items() if v is not None}
    return new


def import_models(tx: Tx, caller: Caller, documents: Iterable[Document]) -> tuple[str, ...]:
    """The ids of these models, which the caller's organization now has; known ones are replaced.

    Raises:
        Invalid: some are not whole models: nothing is kept. A path begins with the model's place.
        QuotaExceeded: the organization would have too many.
    """
    every = list(documents)
    broken: list[Violation] = []
    for place, document in enumerate(every):
        try:
            model_wire.check(document)
        except Invalid as fault:
            broken += [Violation((place, *v.path), v.kind, v.want, v.got) for v in fault.violations]
    if broken:
        raise Invalid(tuple(broken))
    for document in every:
        _put(tx, caller, {k: v for k, v in document.items() if k != "orgId"})
    limit = model_wire.PRIVATE_MODELS
    if caller.tenant.settings.quotas and tx.count(NamedModel, caller.tenant.id) > limit:
        raise QuotaExceeded("model", limit)
    return tuple(document["modelId"] for document in every)


def _put(tx: Tx, caller: Caller, document: Document) -> None:
    text = msgspec.Raw(msgspec.json.encode(document))
    models.put(tx, caller, document["modelId"], Authored("enos", text))
