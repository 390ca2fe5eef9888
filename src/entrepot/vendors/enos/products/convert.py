"""Between EnOS's words and the canonical ones for products; the only file that knows both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import Invalid
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things import product as core
from entrepot.core.things.product import Draft, Kind, Payload, Profile
from entrepot.dialect.operation import Call
from entrepot.vendors.enos import common, handles
from entrepot.vendors.enos.common import translations
from entrepot.vendors.enos.handles import DIALECT
from entrepot.vendors.enos.products import wire
from entrepot.vendors.enos.products.use_cases import Found, Search
from entrepot.vendors.enos.search import wire as search_wire
from entrepot.vendors.enos.search.expression import Compare, Exists, Expression, In, Like, parse
from entrepot.vendors.enos.search.matching import Lookup, Name, narrowing, parts, test_of
from entrepot.vendors.enos.search.wire import page, projected

PRODUCT_QUOTA = 2000  # source: documented (limits of 2019)

KINDS: dict[str, Kind] = {"Device": "device", "Gateway": "gateway"}
FORMATS: dict[str, Payload] = {"Json": "json", "Custom": "binary"}
KIND_WORDS: dict[Kind | None, str] = {
    None: "Device",
    **{kind: word for word, kind in KINDS.items()},
}
FORMAT_WORDS = {word: wire_word for wire_word, word in FORMATS.items()}

LOSSES = {
    "kind": "none is shown as Device",
    "protocol": "not shown",
    "payload": "none is shown as Json",
    "auth": "id2 is shown as no certificate (biDirectionalAuth false)",
    "network": "not shown",
    "device_type": "not shown",
    "manufacturer_id": "not shown",
    "manufacturer_name": "not shown",
    "model_number": "not shown",
    "industry": "not shown",
    "version": "not shown",
    "category": "not shown",
    "template": "not shown",
    "model_key": "none is shown as modelId null, or as the key where the product has its own model",
    "model": (
        "shown as a thing model whose modelId is the product's key, as far as EnOS can say it; the"
        " rest is parked where EnOS changes the model"
    ),
    "dynamic_activation": "none is shown as false",
    "disabled": "not shown",
    "extras": "another dialect's own fields are not shown",
}


def draft(call: Call, caller: Caller) -> Draft:
    """Create Product as a draft."""
    body: wire.CreateProduct = call.body
    return Draft(
        profile=Profile(
            name=body.productName.defaultValue,
            names=translations(body.productName),
            description=body.productDesc,
            kind=KINDS[body.productType],
            payload=FORMATS[body.dataFormat],
            auth=_auth(body.biDirectionalAuth),
            dynamic_activation=bool(body.dynamicActivateEnabled),
            model_key=body.modelId,
            tags=body.productTags or {},
            extras=_extras({}, body) if body.biDirectionalAuth else {},
        ),
        quota=PRODUCT_QUOTA,
    )


def ref(call: Call, caller: Caller) -> Ref:
    """The product that the query names."""
    key: str = call.params.productKey
    return handles.product_ref(caller.vault, key)


def change(call: Call, caller: Caller) -> tuple[Ref, Callable[[core.Product], Edit]]:
    """Update Product: a patch; the tags are replaced as a whole.

    The edit raises Invalid if the product has certificates and the days for them are wrong.
    """
    body: wire.UpdateProduct = call.body
    given: dict[str, Any] = {}
    if body.productName is not None:
        given["name"] = body.productName.defaultValue
        given["names"] = translations(body.productName)
    if body.productDesc is not None:
        given["description"] = body.productDesc
    if body.biDirectionalAuth is not None:
        given["auth"] = _auth(body.biDirectionalAuth)
    if body.dynamicActivateEnabled is not None:
        given["dynamic_activation"] = body.dynamicActivateEnabled
    if body.productTags is not None:
        given["tags"] = body.productTags

    def edit(product: core.Product) -> Edit:
        old = product.profile
        keep = dict(given)
        if body.biDirectionalAuth is False and old.auth == "id2":
            del keep["auth"]  # what this dialect shows as false already
        new = replace(old, **keep)
        if new.auth != "certificate":  # the days are ignored
            return Edit(new)
        _, most = _days(new)
        if found := wire.days_violations(body.defaultValidDay, body.maxValidDay, most):
            raise Invalid(tuple(found))
        return Edit(replace(new, extras=_extras(old.extras, body)))

    return ref(call, caller), edit


def _days(profile: Profile) -> tuple[int, int]:
    """Returns the default and the maximum of days that a certificate lives.

    Earlier releases accepted a default above the maximum; the default is then shown as the maximum.
    """
    mine = profile.extras.get(DIALECT, {})
    most = mine.get("maxValidDay", wire.MAX_VALID_DAY)
    return min(mine.get("defaultValidDay", wire.DEFAULT_VALID_DAY), most), most


def _auth(certificate: bool) -> core.Auth:
    return "certificate" if certificate else "secret"


def _extras(
    old: dict[str, dict[str, Any]], body: wire.CreateProduct | wire.UpdateProduct
) -> dict[str, dict[str, Any]]:
    """The days that a certificate lives have no canonical word."""
    mine = dict(old.get(DIALECT, {}))
    for name in ("defaultValidDay", "maxValidDay"):
        if (days := getattr(body, name)) is not None:
            mine[name] = days
    return {**old, DIALECT: mine} if mine else old


def product(product: core.Product, caller: Caller) -> wire.Product:
    """The product as v2.1 shows it, with its secret."""
    profile = product.profile
    certificate = profile.auth == "certificate"
    # Get Product's sample shows null where there are no certificates.
    default_days, most_days = _days(profile) if certificate else (None, None)
    dynamic = bool(profile.dynamic_activation)
    return wire.Product(
        orgId=caller.tenant.ids[handles.ORG],
        productKey=handles.product_key(caller.vault, product),
        productName=common.StringI18n(profile.name, dict(profile.names)),
        productSecret=handles.product_secret(caller.vault, product),
        productDesc=profile.description,
        productType=KIND_WORDS[profile.kind],
        dataFormat=FORMAT_WORDS[profile.payload or "json"],
        productTags=profile.tags,
        modelId=handles.model_id(caller.vault, product),
        dynamicActivateEnabled=dynamic,
        dynamicActiveEnabled=dynamic,
        biDirectionalAuth=certificate,
        defaultValidDay=default_days,
        maxValidDay=most_days,
        createBy=product.created_by.name,
        createTime=product.created_at,
        updateBy=product.updated_by.name,
        updateTime=product.updated_at,
    )


def key(product: core.Product, caller: Caller) -> common.Text:
    """The answer that is the product's key."""
    return common.Text(data=handles.product_key(caller.vault, product))


def shown(product_: core.Product, caller: Caller) -> wire.ProductReply:
    """Get Product."""
    return wire.ProductReply(data=product(product_, caller))


def shown_without_secret(product_: core.Product, caller: Caller) -> wire.ProductReply:
    """Get Product v2.4."""
    return wire.ProductReply(data=_without_secret(product(product_, caller)))


def _without_secret(shown: wire.Product) -> wire.Product:
    shown.productSecret = UNSET
    return shown


# --- searching -----------------------------------------------------------------------------------


def search(call: Call, caller: Caller) -> Search:
    """Search Product: what to keep, and where an index can look for it."""
    body: search_wire.Search = call.body
    pagination = body.pagination or search_wire.Pagination()
    text = (body.expression or "").strip()
    skip = (pagination.pageNo - 1) * pagination.pageSize
    if not text:
        return Search(call, skip=skip, limit=pagination.pageSize)
    tree = parse(text)
    holds = test_of(tree)
    asked = Search(
        call,
        skip=skip,
        limit=pagination.pageSize,
        keep=lambda product: holds(_lookup(product, caller)),
    )
    return _bound(asked, tree, caller)


def _bound(asked: Search, tree: Expression, caller: Caller) -> Search:
    """The search, bound by what every match must have, as far as an index knows it."""
    bound, whole = narrowing(tree), isinstance(tree, Compare | In | Exists | Like)
    stem = "productTags."
    if "productKey" in bound:
        refs = tuple(handles.product_ref(caller.vault, key) for key in bound["productKey"])
        return dataclasses.replace(asked, refs=refs)
    match tree:
        case Exists(field) if field.startswith(stem):
            return dataclasses.replace(
                asked, labels=((field.removeprefix(stem), None),), whole=True
            )
    for field, values in bound.items():
        if field.startswith(stem):
            labels = tuple((field.removeprefix(stem), value) for value in values)
            return dataclasses.replace(asked, labels=labels, whole=whole)
    if "modelId" in bound:  # that of a product with a model of its own is the product's key
        refs = tuple(handles.product_ref(caller.vault, key) for key in bound["modelId"])
        labels = tuple((core.MODEL, key) for key in bound["modelId"])
        return dataclasses.replace(asked, refs=refs, labels=labels, whole=whole)
    for field, part in parts(tree):
        if field.partition(".")[0] == "productName":
            return dataclasses.replace(asked, part=part, whole=whole and field == "productName")
    return asked


def _lookup(product: core.Product, caller: Caller) -> Lookup:
    profile = product.profile

    def value(field: str) -> object:
        stem, _, tail = field.partition(".")
        match stem:
            case "productKey":
                return handles.product_key(caller.vault, product)
            case "modelId":
                return handles.model_id(caller.vault, product)
            case "productName":
                return None if tail else Name(profile.name, profile.names)
            case "productTags":
                return profile.tags.get(tail)
        return None

    return value


def found(found: Found, caller: Caller) -> wire.ProductPage:
    """Search Product."""
    return _page(found, [product(p, caller) for p in found.products])


def found_without_secrets(found: Found, caller: Caller) -> wire.ProductPage:
    """Search Product v2.4."""
    return _page(found, [_without_secret(product(p, caller)) for p in found.products])


def _page(found: Found, products: list[wire.Product]) -> wire.ProductPage:
    body: search_wire.Search = found.wanted.call.body
    return wire.ProductPage(data=projected(products, body), pagination=page(body, found.total))
