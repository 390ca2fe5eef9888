"""Categories of a tenant's own: read from files, and found before the starter set's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from entrepot.core.caller import Caller
from entrepot.core.faults import Invalid, Malformed, NotFound, Violation
from entrepot.core.models.authored import Authored
from entrepot.core.ports import Tx
from entrepot.core.products import categories as kept
from entrepot.core.products.categories import CategoryFile
from entrepot.core.things import category as things
from entrepot.vendors.aliyun.formats import tsl_limits
from entrepot.vendors.aliyun.formats.documents import LISTS
from entrepot.vendors.aliyun.formats.tsl import DOCUMENTS
from entrepot.vendors.aliyun.handles import DIALECT
from entrepot.vendors.aliyun.models.categories import Category, categories, category

# INFERRED: no page gives the form of a key or of a name.
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MOST_NAME = 64
# What an export says of the product that it is from.
_OF_A_PRODUCT = ("profile", "schema", "link")


def every(tx: Tx, caller: Caller) -> tuple[Category, ...]:
    """Returns every category that the tenant can name, in the order of the keys."""
    own = {c.key: _shown(c) for c in kept.every(tx, caller.tenant.id)}
    starters = {c.key: c for c in categories()}
    return tuple(c for _, c in sorted({**starters, **own}.items()))


def find(tx: Tx, caller: Caller, key: str) -> Category | None:
    """Returns the category of this key: the tenant's own, else the starter set's."""
    own = kept.find(tx, caller.tenant.id, key)
    return category(key) if own is None else _shown(own)


def get(tx: Tx, caller: Caller, key: str) -> Category:
    """Returns the category of this key.

    Raises:
        NotFound: neither the tenant nor the platform has such a category.
    """
    found = find(tx, caller, key)
    if found is None:
        raise NotFound("category", key[:64])
    return found


def _shown(own: things.Category) -> Category:
    return Category(own.key, own.name, bytes(own.model.text).decode())


def import_categories(tx: Tx, caller: Caller, files: Sequence[CategoryFile]) -> tuple[str, ...]:
    """Keeps the categories for the caller's tenant, in place of those that have their keys; returns the keys.

    A document is a TSL, or `{"categoryKey", "categoryName", "tsl"}`.

    Raises:
        Invalid: some are not as they must be: nothing is kept. A path begins with the document's place.
    """
    read: dict[str, tuple[str, Authored]] = {}
    broken: list[Violation] = []
    for place, file in enumerate(files):
        try:
            key, name, model = _read(file)
            if key in read:
                raise Invalid((Violation(("categoryKey",), "duplicate", key, key),))
            read[key] = (name, model)
        except Invalid as fault:
            broken += [Violation((place, *v.path), v.kind, v.want, v.got) for v in fault.violations]
    if broken:
        raise Invalid(tuple(broken))
    for key, (name, model) in read.items():
        kept.put(tx, caller, key, name, model)
    return tuple(read)


def _read(file: CategoryFile) -> tuple[str, str, Authored]:
    """Returns key, name and model.

    Raises:
        Invalid: one of them is not as it must be.
    """
    plain = file.document
    key, name, path = file.key, file.name, tuple[str, ...]()
    if "tsl" in plain:
        key = plain.get("categoryKey", key)
        name = plain.get("categoryName", name or key)
        plain, path = plain["tsl"], ("tsl",)
    name = name or key
    broken: list[Violation] = []
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        want = "must have 1 to 64 letters, digits, underscores, hyphens and dots"
        broken.append(Violation(("categoryKey",), "rule", want, key))
    if not isinstance(name, str) or not name.isprintable() or not 1 <= len(name) <= _MOST_NAME:
        want = f"must have 1 to {_MOST_NAME} printable characters"
        broken.append(Violation(("categoryName",), "rule", want, name))
    text = msgspec.json.encode(plain)
    broken += [Violation((*path, *v.path), v.kind, v.want, v.got) for v in tsl_limits.check(text)]
    if broken:
        raise Invalid(tuple(broken))
    return key, name, Authored(DIALECT, msgspec.Raw(msgspec.json.encode(_bare(plain))))


def _bare(plain: Any) -> dict[str, Any]:
    """Returns the document without what an export says of its product and what the platform adds.

    Raises:
        Invalid: it is no model.
    """
    try:
        DOCUMENTS.read(msgspec.json.encode(plain))
    except Malformed as fault:
        raise Invalid((Violation((), "rule", f"is no TSL: {fault.reason}"),)) from None
    bare = {name: value for name, value in plain.items() if name not in _OF_A_PRODUCT}
    for name in LISTS:
        bare[name] = [e for e in plain.get(name) or () if not DOCUMENTS.adds(name, e)]
    return bare
