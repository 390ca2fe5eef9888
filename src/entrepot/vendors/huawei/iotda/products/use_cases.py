"""What is only IoTDA's: which product an id means, and lists by marker. Knows no wire and no store's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, Taken
from entrepot.core.ports import Tx
from entrepot.core.products import lists, registry
from entrepot.core.products.registry import Edit, Ref, Shown
from entrepot.core.things.product import NAME, Draft, Product
from entrepot.core.things.space import Space
from entrepot.vendors.huawei.iotda import handles
from entrepot.vendors.huawei.iotda.spaces.use_cases import SpaceRef, space_of


@dataclass(frozen=True, slots=True)
class ProductRef:
    """A product as a caller names it: its id, and the space that it is in where that was said."""

    text: str
    id: int | None
    space: SpaceRef | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """Which products to list. `before`: only records below this one; `skip` more after it."""

    before: int
    skip: int
    limit: int
    space: SpaceRef | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list, and how many things the whole list has."""

    page: list[Shown]
    total: int


def create(tx: Tx, caller: Caller, draft: Draft) -> Product:
    """The product, kept.

    Raises:
        Taken: the chosen id is that of another product, chosen or computed.
    """
    if draft.alias is not None:
        known = handles.product_of(caller.vault, draft.alias)
        if known is not None and tx.get(Product, caller.tenant.id, known) is not None:
            raise Taken(handles.ALIAS_RULE, draft.alias, known)
    return registry.create(tx, caller, draft)


def get(tx: Tx, caller: Caller, wanted: ProductRef) -> Product:
    """The product: in the space that was named, else in the default one, else the earliest made.

    Raises:
        NotFound: no such space, or no such product in it.
    """
    return registry.get(tx, caller, product_ref(tx, caller, wanted))


def update(tx: Tx, caller: Caller, change: tuple[ProductRef, Callable[[Product], Edit]]) -> Product:
    """The product as it is after the change.

    Raises:
        NotFound: no such space, or no such product in it.
        Refused: the change is one that is not allowed.
    """
    wanted, edit = change
    return registry.update(tx, caller, (product_ref(tx, caller, wanted), edit))


def delete(tx: Tx, caller: Caller, wanted: ProductRef) -> Product:
    """The product as it was.

    Raises:
        NotFound: no such space, or no such product in it.
        InUse: something depends on it.
    """
    return registry.delete(tx, caller, product_ref(tx, caller, wanted))


def product_ref(tx: Tx, caller: Caller, wanted: ProductRef) -> Ref:
    """The reference for the registry.

    Raises:
        NotFound: no such space.
    """
    space = None if wanted.space is None else space_of(tx, caller, wanted.space)
    return Ref(wanted.text, wanted.id, handles.ALIAS_RULE, space)


def list_products(tx: Tx, caller: Caller, query: Query) -> Listed:
    """Products, newest first.

    Raises:
        NotFound: no such space.
    """
    listing = lists.Listing(
        skip=query.skip,
        limit=query.limit,
        before=query.before,
        space=None if query.space is None else space_of(tx, caller, query.space),
        labels=None if query.name is None else ((NAME, query.name),),
    )
    found = lists.listed(tx, caller, listing)
    return Listed(_shown(tx, found.items), found.total)


def _shown(tx: Tx, products: list[Product]) -> list[Shown]:
    spaces: dict[int, Space] = {}
    for product in products:
        if product.space not in spaces:
            space = tx.get(Space, product.tenant, product.space)
            if space is None:
                raise NotFound("space", str(product.space))
            spaces[product.space] = space
    return [Shown(product, spaces[product.space]) for product in products]
