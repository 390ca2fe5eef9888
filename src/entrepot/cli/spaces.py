"""`entrepot space ...`: the parts of a tenant that hold products, and what vendors call them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from cyclopts import App, Parameter

from entrepot import main as root
from entrepot.cli.options import Json, StoreOptions, TenantName, operator, readable, writable
from entrepot.cli.output import flat, print_json, print_pairs, print_table
from entrepot.cli.tenants import known_names, pairs
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, Taken
from entrepot.core.ports import Tx
from entrepot.core.products import spaces
from entrepot.core.products.spaces import SpaceDraft
from entrepot.core.things.account import Tenant, space_claim
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space
from entrepot.core.vault import Vault

space = App(name="space", default_parameter=Parameter(negative=()))

Ids = Annotated[
    list[str] | None,
    Parameter(
        "--id",
        help="What a vendor calls it: iotda.app_id=jeQD...; repeatable. An empty value forgets it.",
    ),
]


@space.command
def create(
    name: Annotated[str, Parameter(help="Name of the space.")],
    *,
    ids: Ids = None,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Make a space: an IoTDA resource space, which is a ROMA application too."""
    if not name or not name.isprintable() or len(name) > 64:
        raise ValueError("a space's name has 1 to 64 printable characters")
    given = ids_of(ids or ())
    with writable(store_options) as installation:

        def make(tx: Tx) -> dict[str, Any]:
            caller = operator(installation, tenancy.tenant_named(tx, tenant), "space create")
            if any(other.name == name for other in spaces.list_spaces(tx, caller)):
                raise Taken("space.name", name)
            made = spaces.create_space(tx, caller, SpaceDraft(name))
            return _plain(tx, _with_ids(tx, caller, made, given), made, caller.vault)

        made = installation.store.write_now(make)
    _print(made, as_json)


@space.command(name="set")
def set_(
    name: Annotated[str, Parameter(help="Name of the space, or one of its ids.")],
    *,
    ids: Ids = None,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Keep the ids that a space had in a cloud. Servers notice within a second."""
    given = ids_of(ids or ())
    if not given:
        raise ValueError(f"nothing to set: give --id name=value; the ids are {_names()}")
    with writable(store_options) as installation:

        def change(tx: Tx) -> dict[str, Any]:
            caller = operator(installation, tenancy.tenant_named(tx, tenant), "space set")
            found = _named(tx, caller, name)
            return _plain(tx, _with_ids(tx, caller, found, given), found, caller.vault)

        changed = installation.store.write_now(change)
    _print(changed, as_json)


@space.command(name="list")
def list_(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """The tenant's spaces with their ids, the default one first."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> list[dict[str, Any]]:
            owner = tenancy.tenant_named(tx, tenant)
            every = spaces.list_spaces(tx, operator(installation, owner, "space list"))
            return [_plain(tx, owner, found, installation.vault) for found in every]

        found = installation.store.read_now(find)
    if as_json:
        print_json(found)
    else:
        columns = ("name", "default", "products", *root.space_ids())
        rows = ((s["name"], s["default"], s["products"], *s["ids"].values()) for s in found)
        print_table(columns, rows)


def ids_of(words: Iterable[str]) -> dict[str, str]:
    """Returns the ids of a space from `name=value`; an empty value stays empty.

    Raises:
        ValueError: no vendor has an id of that name, or its requests could not carry the value.
    """
    ids, known = pairs(words, "iotda.app_id=jeQD"), root.space_ids()
    known_names(ids, known, "id of a space")
    for name, value in ids.items():
        if value:
            known[name].check(value)
    return ids


def _named(tx: Tx, caller: Caller, text: str) -> Space:
    """Returns the space of this name or id.

    Raises:
        NotFound: the tenant has no such space.
        ValueError: several have the name.
    """
    every = spaces.list_spaces(tx, caller)
    numbers = {ids.space_of(caller.vault, caller.tenant, text) for ids in root.space_ids().values()}
    found = [s for s in every if s.name == text or s.id in numbers]
    if not found:
        raise NotFound("space", text, caller.tenant.name)
    if len(found) > 1:
        raise ValueError(
            f"{len(found)} spaces are called {text!r}: give an id instead;"
            f" `entrepot space list --tenant {caller.tenant.name}` shows them"
        )
    return found[0]


def _with_ids(tx: Tx, caller: Caller, found: Space, given: dict[str, str]) -> Tenant:
    """Keeps the ids and returns the tenant.

    Raises:
        Taken: another space holds one of them, brought along or computed.
    """
    for name, value in given.items():
        holder = root.space_ids()[name].read(caller.vault, value)
        if holder not in (None, found.id):
            raise Taken(space_claim(name, value).rule, value)
    return spaces.set_ids(tx, caller, found, given) if given else caller.tenant


def _names() -> str:
    return ", ".join(root.space_ids())


def _plain(tx: Tx, tenant: Tenant, found: Space, vault: Vault) -> dict[str, Any]:
    ids = {name: one.id_of(vault, tenant, found.id) for name, one in root.space_ids().items()}
    return {
        "name": found.name,
        "default": found.id == tenant.default_space,
        "products": tx.count(Product, tenant.id, parent=found.id),
        "ids": ids,
    }


def _print(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(made)
    else:
        print_pairs(flat(made))
