"""The use cases that only this dialect has: plain functions over a unit of work; knows no wire and no SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, QuotaExceeded, Refused
from entrepot.core.ports import Tx
from entrepot.core.products import lists, registry
from entrepot.core.products.registry import Edit, Ref
from entrepot.core.things.device import Device
from entrepot.core.things.product import Draft, Product
from entrepot.vendors.aliyun.handles import SHANGHAI, region
from entrepot.vendors.aliyun.models import own_categories
from entrepot.vendors.aliyun.models import use_cases as thing_models

Change = tuple[Ref, Callable[[Product], Edit]]
MOST_TAGS = 100  # of one product (CreateProductTags)
# How devices prove themselves in China (Shanghai) and nowhere else (CreateProduct, AuthType)
SHANGHAI_ONLY = ("id2", "certificate")


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be. `publish`: the model of its category is in force at once."""

    draft: Draft
    publish: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A product, how many devices it has, and what its category is called, where that was asked."""

    product: Product
    devices: int
    category: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of products that is wanted; `keep` None keeps all."""

    page: int
    size: int
    keep: Callable[[Product], bool] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of products, newest first, and how many there are in all."""

    products: list[Counted]
    page: int
    size: int
    total: int


@dataclass(frozen=True, slots=True)
class Retag:
    """Tags to set and keys to drop; `known_only`: none may be new."""

    ref: Ref
    tags: dict[str, str] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    known_only: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """Products that have any of these tags; a value of None is any value."""

    tags: tuple[tuple[str, str | None], ...]
    page: int
    size: int


def create(tx: Tx, caller: Caller, new: NewProduct) -> Product:
    """Keeps the product and returns it.

    Raises:
        NotFound, Taken, QuotaExceeded: as `thing_models.create`.
        Refused: the tenant's region does not have this way for devices to prove themselves.
    """
    draft = new.draft
    if draft.profile.auth in SHANGHAI_ONLY and region(caller.tenant) != SHANGHAI:
        raise Refused("product", "region", region(caller.tenant))
    return thing_models.create(tx, caller, draft, new.publish)


def counted(tx: Tx, caller: Caller, ref: Ref) -> Counted:
    """Returns the product with its devices counted and the name of its category.

    Raises:
        NotFound: no such product.
    """
    product = registry.get(tx, caller, ref)
    devices = tx.count(Device, product.tenant, parent=product.id)
    key = product.profile.category
    known = None if key is None else own_categories.find(tx, caller, key)
    return Counted(product, devices, None if known is None else known.name)


def listed(tx: Tx, caller: Caller, wanted: Listing) -> Page:
    """The page. Without a filter its cost does not grow with the number of products."""
    skip = (wanted.page - 1) * wanted.size
    found = lists.listed(tx, caller, lists.Listing(skip=skip, limit=wanted.size, test=wanted.keep))
    devices = tx.counts(Device, caller.tenant.id, [product.id for product in found.items])
    counted = [Counted(product, devices[product.id]) for product in found.items]
    return Page(counted, wanted.page, wanted.size, found.total)


def release(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product, released; one that is already stays as it is.

    Raises:
        NotFound: no such product.
    """
    return _set_released(tx, caller, ref, True)


def cancel_release(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product, no longer released; one that is not stays as it is.

    Raises:
        NotFound: no such product.
    """
    return _set_released(tx, caller, ref, False)


def _set_released(tx: Tx, caller: Caller, ref: Ref, released: bool) -> Product:
    product = registry.get(tx, caller, ref)
    if product.released == released:
        return product
    return registry.update(tx, caller, (ref, lambda old: Edit(old.profile, released=released)))


def delete(tx: Tx, caller: Caller, ref: Ref) -> Product:
    """The product as it was.

    Raises:
        NotFound: no such product.
        InUse: something depends on it.
        Refused: it is released.
    """
    # INFERRED: no page says what becomes of a released product; the console refuses.
    registry.refuse_released(registry.get(tx, caller, ref), ref.text)
    return registry.delete(tx, caller, ref)


def retag(tx: Tx, caller: Caller, change: Retag) -> Product:
    """The product with its tags changed; nothing is, where one cannot be.

    Raises:
        NotFound: no such product; or, of kind tag, keys that the product does not have.
        QuotaExceeded: it would have too many tags.
    """

    def edit(old: Product) -> Edit:
        before = old.profile.tags
        unknown = [key for key in change.tags if key not in before]
        if change.known_only and unknown:
            raise NotFound("tag", ",".join(unknown), change.ref.text)
        after = {**before, **change.tags}
        for key in change.drop:
            after.pop(key, None)
        if len(after) > max(MOST_TAGS, len(before)):
            raise QuotaExceeded("tag", MOST_TAGS)
        return Edit(replace(old.profile, tags=after))

    return registry.update(tx, caller, (change.ref, edit))


def tagged(tx: Tx, caller: Caller, search: Search) -> list[Product]:
    """The page of products that have any of the tags, newest first."""
    if not search.tags:
        return []
    skip = (search.page - 1) * search.size
    return lists.listed(
        tx, caller, lists.Listing(skip=skip, limit=search.size, labels=search.tags)
    ).items
