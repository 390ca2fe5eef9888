"""What ROMA alone does with applications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.core.caller import Caller
from entrepot.core.faults import Taken
from entrepot.core.ports import Tx
from entrepot.core.products import registry, spaces
from entrepot.core.products.registry import Ref
from entrepot.core.products.spaces import SpaceDraft, SpaceEdit
from entrepot.core.things.device import Connection
from entrepot.core.things.product import GATEWAY, Product
from entrepot.core.things.space import Space
from entrepot.core.things.template import Template
from entrepot.vendors.huawei.roma.devices.use_cases import Sort, count_devices
from entrepot.vendors.huawei.roma.paging import Page, Selection, page_of


@dataclass(frozen=True, slots=True)
class Counts:
    """How many things a tenant has; devices by sort and connection."""

    templates: int
    products: int  # that are no gateways
    gateways: int
    devices: Counter[tuple[Sort, Connection]]


def counts(tx: Tx, caller: Caller, nothing: object) -> Counts:
    """How many things the tenant has."""
    tenant, label = caller.tenant.id, [(GATEWAY, "")]
    if caller.dialect in caller.tenant.settings.own_products_only:
        kinds = [p.profile.kind for p in tx.scan(Product, tenant) if registry.visible(caller, p)]
        products, gateways = len(kinds), kinds.count("gateway")
    else:
        products, gateways = (
            tx.count(Product, tenant),
            tx.labelled(Product, tenant, label, limit=0)[1],
        )
    devices = count_devices(tx, caller)
    return Counts(tx.count(Template, tenant), products - gateways, gateways, devices)


def create_app(tx: Tx, caller: Caller, draft: SpaceDraft) -> Space:
    """The application, kept.

    Raises:
        Taken: another has its name or its key.
    """
    _refuse_default_name(tx, caller, draft.name)
    return spaces.create_space(tx, caller, draft)


def update_app(tx: Tx, caller: Caller, change: tuple[Ref, Callable[[Space], SpaceEdit]]) -> Space:
    """The application as it is after the change.

    Raises:
        NotFound: no such application.
        Taken: another has its new name.
    """
    ref, edit = change

    def checked(old: Space) -> SpaceEdit:
        wanted = edit(old)
        if wanted.name is not None and not spaces.is_default(caller, old):
            _refuse_default_name(tx, caller, wanted.name)
        return wanted

    return spaces.update_space(tx, caller, (ref, checked))


def _refuse_default_name(tx: Tx, caller: Caller, name: str) -> None:
    """The default space is made before any dialect speaks, so it holds its name without a claim."""
    default = tx.get(Space, caller.tenant.id, caller.tenant.default_space)
    if default is not None and default.name == name:
        raise Taken("roma.app", name, default.id)


def list_apps(tx: Tx, caller: Caller, wanted: Selection[Space]) -> Page[Space]:
    """The applications that are wanted, the default one first, then the newest."""
    found = spaces.list_spaces(tx, caller)
    return page_of([*found[:1], *reversed(found[1:])], wanted)
