"""Search Device and Search Sub-device as questions: what a match must be, and where an index can look for it."""

from __future__ import annotations

import dataclasses

from entrepot.core.caller import Caller
from entrepot.core.devices.lists import Listing
from entrepot.core.products.lists import Labels
from entrepot.core.things.device import Device, states
from entrepot.core.things.product import Product
from entrepot.dialect.operation import Call
from entrepot.vendors.enos import handles
from entrepot.vendors.enos.devices import wire
from entrepot.vendors.enos.devices.convert import DISABLED, STATUSES, name_of, named, status
from entrepot.vendors.enos.devices.use_cases import Search
from entrepot.vendors.enos.handles import DIALECT
from entrepot.vendors.enos.products.convert import KIND_WORDS
from entrepot.vendors.enos.search.expression import (
    And,
    Compare,
    Exists,
    Expression,
    In,
    Like,
    parse,
)
from entrepot.vendors.enos.search.matching import Lookup, Name, leaves, narrowing, parts, test_of
from entrepot.vendors.enos.search.wire import Pagination

_ASKED_DISABLED = "disable"  # the page's word in expressions
_STATES = {
    **{word: states(connection, disabled=False) for connection, word in STATUSES.items()},
    **dict.fromkeys((DISABLED, _ASKED_DISABLED), states(disabled=True)),
}
_TAG = "deviceTags."
_KEYS = ("productKey", "modelId", "deviceKey", "status")


def search(call: Call, caller: Caller) -> Search:
    """Which devices, in which part of the list."""
    body: wire.SearchDevices | wire.SearchSubDevices = call.body
    pagination = body.pagination or Pagination()
    gateway = named(body.gateway, caller) if isinstance(body, wire.SearchSubDevices) else None
    skip = (pagination.pageNo - 1) * pagination.pageSize
    listing = Listing(skip=skip, limit=pagination.pageSize)
    text = (body.expression or "").strip()
    if not text:
        return Search(call, listing, gateway=gateway)
    tree = parse(text)
    holds = test_of(tree)
    listing = dataclasses.replace(
        _bound(listing, tree),
        test=None
        if _is_told(tree)
        else lambda device, product: holds(_lookup(device, product, caller)),
    )
    bound = narrowing(tree)
    assets, keys = bound.get("assetId"), bound.get("productKey")
    return Search(
        call,
        listing,
        refs=None if assets is None else tuple(handles.device_ref(caller.vault, a) for a in assets),
        products=None
        if keys is None
        else tuple(handles.product_ref(caller.vault, k) for k in keys),
        models=bound.get("modelId"),
        gateway=gateway,
    )


def _bound(listing: Listing, tree: Expression) -> Listing:
    """The listing of what has whatever every match must have, as far as an index knows it."""
    bound, labels = narrowing(tree), list[Labels]()
    for field, values in bound.items():
        if field.startswith(_TAG):
            labels.append(tuple((field.removeprefix(_TAG), value) for value in values))
    for term in _terms(tree):
        if isinstance(term, Exists) and term.field.startswith(_TAG):
            labels.append(((term.field.removeprefix(_TAG), None),))
    wanted = None if _both_words(tree) else bound.get("status")
    return dataclasses.replace(
        listing,
        labels=tuple(labels),
        part=next((p for f, p in parts(tree) if f.partition(".")[0] == "deviceName"), None),
        keys=bound.get("deviceKey"),
        states=None
        if wanted is None
        else tuple(state for word in wanted for state in _STATES.get(word, ())),
    )


def _terms(tree: Expression) -> tuple[Expression, ...]:
    return tree.terms if isinstance(tree, And) else (tree,)


def _both_words(tree: Expression) -> bool:
    """Whether it asks for what is disabled in both words: to such devices no one word binds it."""
    asked = set[object]()
    for leaf in leaves(tree):
        if leaf.field == "status" and isinstance(leaf, In | Compare):
            asked |= set(leaf.values) if isinstance(leaf, In) else {leaf.value}
    return {DISABLED, _ASKED_DISABLED} <= asked


def _is_told(tree: Expression) -> bool:
    """Whether the bounds say all that the expression says."""
    terms = _terms(tree)
    likes = sum(isinstance(term, Like) for term in terms)
    return likes < 2 and not _both_words(tree) and all(map(_is_bound, terms))


def _is_bound(term: Expression) -> bool:
    match term:
        case Exists(field):
            return field.startswith(_TAG)
        case Like(field):
            return field == "deviceName"
        case Compare(field, "="):
            values: tuple[object, ...] = (term.value,)
        case In(field, values):
            pass
        case _:
            return False
    told = field in _KEYS or field.startswith(_TAG)
    return told and all(isinstance(value, str) for value in values)


def _lookup(device: Device, product: Product, caller: Caller) -> Lookup:
    own = device.extras.get(DIALECT, {})

    def value(field: str) -> object:
        stem, _, tail = field.partition(".")
        match stem:
            case "assetId":
                return handles.asset_id(caller.vault, device.id)
            case "productKey":
                return handles.product_key(caller.vault, product)
            case "modelId":
                return handles.model_id(caller.vault, product)
            case "deviceKey":
                return device.key
            case "productType":
                return KIND_WORDS[product.profile.kind]
            case "deviceName":
                return None if tail else Name(name_of(device), device.names)
            case "status":
                # `disable` on the page; INFERRED: the word that is shown is understood as well
                return (_ASKED_DISABLED, DISABLED) if device.disabled_at else status(device)
            case "deviceTags":
                return device.tags.get(tail)
            case "deviceAttributes":
                return own.get("deviceAttributes", {}).get(tail)
        return None

    return value
