"""`entrepot device ...`: the devices of a tenant's products, under every dialect's name for them."""

from __future__ import annotations

import json
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from msgspec.structs import replace

from entrepot import main as root
from entrepot.cli.options import Json, StoreOptions, TenantName, operator, readable
from entrepot.cli.output import flat, moment, print_json, print_pairs, print_table
from entrepot.cli.products import lines_of, number_in, paged, print_history, skipped, the_product
from entrepot.core.accounts import tenancy
from entrepot.core.caller import Caller
from entrepot.core.devices import lists as device_lists
from entrepot.core.devices import registry as devices
from entrepot.core.devices.lists import Devices, Listing, ShownDevice
from entrepot.core.devices.registry import DeviceRef
from entrepot.core.ports import Entry, Tx
from entrepot.core.products.registry import Ref
from entrepot.core.things.account import Tenant
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.core.vault import Vault

device = App(name="device", default_parameter=Parameter(negative=()))

OfProduct = Annotated[
    str,
    Parameter(help="Of this product only, by number or handle (default: all).", show_default=False),
]
_SAID = ("name", "names", "description", "gateway", "children", "tags", "extras")


@device.command(name="list")
def list_(
    *,
    product: OfProduct = "",
    tenant: TenantName = root.DEVELOPMENT,
    limit: Annotated[int, Parameter(help="How many to a page.")] = 50,
    page: Annotated[int, Parameter(help="Which page, from 1.")] = 1,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """The tenant's devices, newest first."""
    skip = skipped(limit, page)
    with readable(store_options) as installation:
        vault = installation.vault

        def find(tx: Tx) -> Devices:
            owner = tenancy.tenant_named(tx, tenant)
            of = (the_product(tx, vault, owner, product).id,) if product else None
            caller = operator(installation, owner, "list")
            return device_lists.listed(tx, caller, Listing(skip=skip, limit=limit, products=of))

        found = installation.store.read_now(find)
    if as_json:
        plain = [plain_device(d, vault) for d in found.items]
        print_json({"total": found.total, "page": page, "devices": plain})
        return
    rows = (
        (d.device.id, d.device.key, d.device.name, d.product.profile.name, d.device.origin,
         status(d.device), moment(d.device.updated_at))
        for d in found.items
    )  # fmt: skip
    columns = ("number", "key", "name", "product", "made through", "status", "updated")
    print_table(columns, rows)
    print(paged(found.total, "device", limit, page))


@device.command
def show(
    handle: Annotated[
        str,
        Parameter(
            help="The device's number here, what any vendor's API calls it, or with --product its key."
        ),
    ],
    *,
    product: OfProduct = "",
    history: Annotated[bool, Parameter(help="Also who changed what, and when.")] = False,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """A device: what is known of it, and what each vendor's API calls it."""
    with readable(store_options) as installation:
        vault = installation.vault

        def find(tx: Tx) -> tuple[ShownDevice | None, list[Entry]]:
            owner = tenancy.tenant_named(tx, tenant)
            of = the_product(tx, vault, owner, product) if product else None
            caller = operator(installation, owner, "show")
            found = device_named(tx, vault, caller, handle, of)
            entries = lines_of(tx, owner, "device", handle, found, history)
            return None if found is None else device_lists.show(tx, found), entries

        found, entries = installation.store.read_now(find)
    plain: dict[str, Any] = plain_device(found, vault) if found else {}
    if as_json:
        lines = [msgspec.to_builtins(e) for e in entries]
        print_json(plain | ({"history": lines} if history else {}))
        return
    if found:
        print_pairs(flat(plain))
    else:
        print(f"Device {handle} is deleted.")
    if history:
        print_history(entries)


def device_named(
    tx: Tx, vault: Vault, caller: Caller, text: str, of: Product | None
) -> Device | None:
    """The device with this number, or this handle in any dialect; of a product, that with this key."""
    owner: Tenant = caller.tenant
    if of is not None:
        ref = DeviceRef(text, named=((Ref(str(of.id), of.id), text),))
        return devices.find(tx, caller, ref)
    number = number_in(text)
    found = None if number is None else tx.get(Device, owner.id, number)
    if found is not None:
        return found
    for dialect in root.dialects():
        speaker = replace(caller, dialect=dialect.name)
        found = devices.find(tx, speaker, dialect.device_ref(vault, text))
        if found is not None:
            return found
    return None


def status(found: Device) -> str:
    """Whether it is switched off, else how it is connected."""
    return "disabled" if found.disabled_at else found.connection


def plain_device(shown: ShownDevice, vault: Vault) -> dict[str, Any]:
    """The device as JSON, with its handles and without its secrets."""
    found = shown.device
    named = ((d.name, d.device_handle(vault, found, shown.product)) for d in root.dialects())
    dates = {
        name: moment(at)
        for name, at in (
            ("disabled", found.disabled_at), ("active", found.active_at),
            ("online", found.online_at), ("offline", found.offline_at),
        )
        if at
    }  # fmt: skip
    said = ((name, getattr(found, name)) for name in _SAID)
    return {
        "number": found.id,
        "handles": {name: handle for name, handle in named if handle},
        "product": {"number": shown.product.id, "name": shown.product.profile.name},
        "key": found.key,
        "made_through": found.origin,
        "status": status(found),
        "since": dates,
        "revision": found.revision,
        "created": moment(found.created_at),
        "created_by": found.created_by.name,
        "updated": moment(found.updated_at),
        "updated_by": found.updated_by.name,
        **json.loads(msgspec.json.encode({name: value for name, value in said if value})),
    }
