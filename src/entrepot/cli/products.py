"""`entrepot product ...`: what the registry holds, under every dialect's name for it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from entrepot import main as root
from entrepot.cli.conversion import Out, ReportTo, deliver
from entrepot.cli.options import Json, StoreOptions, TenantName, operator, readable
from entrepot.cli.output import counted, flat, moment, print_json, print_pairs, print_table
from entrepot.core.accounts import tenancy
from entrepot.core.faults import NotFound
from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Converted, read, written
from entrepot.core.ports import Entry, Tx
from entrepot.core.products import registry
from entrepot.core.products.registry import alias_claim
from entrepot.core.texts import decoded
from entrepot.core.things.account import Tenant
from entrepot.core.things.device import Device
from entrepot.core.things.product import Product
from entrepot.core.things.space import Space
from entrepot.core.vault import Vault

product = App(name="product", default_parameter=Parameter(negative=()))

Handle = Annotated[
    str, Parameter(help="The product's number here, or what any vendor's API calls it.")
]


@product.command(name="list")
def list_(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    limit: Annotated[int, Parameter(help="How many to a page.")] = 50,
    page: Annotated[int, Parameter(help="Which page, from 1.")] = 1,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """The tenant's products, newest first."""
    skip = skipped(limit, page)
    with readable(store_options) as installation:

        def find(tx: Tx) -> tuple[int, list[Product]]:
            owner = tenancy.tenant_named(tx, tenant)
            found = tx.page(Product, owner.id, skip=skip, limit=limit)
            return tx.count(Product, owner.id), found

        total, found = installation.store.read_now(find)
        vault = installation.vault
    if as_json:
        plain = [plain_product(p, vault) for p in found]
        print_json({"total": total, "page": page, "products": plain})
        return
    rows = (
        (p.id, p.profile.name, p.origin, p.profile.protocol, p.released, moment(p.updated_at))
        for p in found
    )
    print_table(("number", "name", "made through", "protocol", "released", "updated"), rows)
    print(paged(total, "product", limit, page))


def skipped(limit: int, page: int) -> int:
    """How many things stand before the page.

    Raises:
        ValueError: there are no such pages.
    """
    if not 1 <= limit <= 1000 or page < 1:
        raise ValueError("--limit is 1 to 1000, and --page counts from 1")
    return (page - 1) * limit


def paged(total: int, thing: str, limit: int, page: int) -> str:
    """`120 products, page 2 of 3`."""
    pages = -(-total // limit)
    return counted(total, thing) + (f", page {page} of {pages}" if pages > 1 else "")


@product.command
def show(
    handle: Handle,
    *,
    history: Annotated[bool, Parameter(help="Also who changed what, and when.")] = False,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """A product: what its maker said of it, and what each vendor's API calls it."""
    with readable(store_options) as installation:
        vault = installation.vault

        def find(tx: Tx) -> tuple[Product | None, list[Entry]]:
            owner = tenancy.tenant_named(tx, tenant)
            found = product_named(tx, vault, owner, handle)
            return found, lines_of(tx, owner, "product", handle, found, history)

        found, entries = installation.store.read_now(find)
    plain: dict[str, Any] = plain_product(found, vault) if found else {}
    lines = [msgspec.to_builtins(e) for e in entries]
    if as_json:
        print_json(plain | ({"history": lines} if history else {}))
        return
    if found:
        model = plain["profile"].pop("model", None)
        print_pairs(flat(plain))
        if model:
            print(f"Its thing model is written in the words of {model[0]}; --json shows it.")
    else:
        print(f"Product {handle} is deleted.")
    if history:
        print_history(entries)


def lines_of(
    tx: Tx, owner: Tenant, kind: str, text: str, found: Product | Device | None, history: bool
) -> list[Entry]:
    """What the log says of the thing that is called so, which it outlives.

    Raises:
        NotFound: there is no such thing; with `history`, there was none either.
    """
    id = found.id if found else number_in(text) or 0
    entries = registry.history(tx, owner.id, id) if history else []
    if found is None and not any(e.kind == kind for e in entries):
        raise NotFound(kind, text, owner.name)
    return entries


def print_history(entries: list[Entry]) -> None:
    """The lines of the audit log as a table."""
    rows = (
        (moment(e.at), e.actor.name, e.action, e.dialect, e.operation, e.request_id,
         json.dumps(e.changes, ensure_ascii=False) if e.changes else "")
        for e in entries
    )  # fmt: skip
    columns = ("when", "who", "what", "through", "operation", "request", "before and after")
    print_table(columns, rows, "History")


@product.command
def export(
    handle: Annotated[
        str, Parameter(help="One product, by number or handle (default: all).", show_default=False)
    ] = "",
    *,
    as_format: Annotated[
        str,
        Parameter(
            "--as",
            help="That product's thing model in this format; `entrepot model formats` has all.",
            show_default=False,
        ),
    ] = "",
    out: Out = None,
    report: ReportTo = None,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> int:
    """Every product of the tenant as JSON Lines, newest first, without secrets; or one, or its thing model.

    `entrepot product export KEY --as wot` writes the model in force in the words of another vendor or of a
    standard; `--report` lists what those cannot say.
    """
    if as_format:
        if not handle:
            raise ValueError("--as writes the model of one product: name it")
        return deliver(_exported(handle, as_format, tenant, store_options), out, report)
    if report is not None:
        raise ValueError("--report tells what --as could not keep: name a format with --as")
    part = out.with_name(out.name + ".part") if out else None
    with readable(store_options) as installation:
        vault = installation.vault

        def write(tx: Tx) -> int:
            owner = tenancy.tenant_named(tx, tenant)
            found = (
                [the_product(tx, vault, owner, handle)] if handle else tx.scan(Product, owner.id)
            )
            lines = 0
            with part.open("w", encoding="utf-8") if part else nullcontext(sys.stdout) as file:
                for one in found:
                    plain = plain_product(one, vault)
                    file.write(json.dumps(plain, ensure_ascii=False) + "\n")
                    lines += 1
                file.flush()
            return lines

        lines = installation.store.read_now(write)
    if out and part:
        os.replace(part, out)  # a broken run leaves no half export under the name
        print(f"{counted(lines, 'product')} in {out}", file=sys.stderr)
    return 0


def _exported(handle: str, to: str, tenant: str, store_options: StoreOptions | None) -> Converted:
    """The model in force of the product, in the format."""
    catalog = root.catalog()
    target = catalog.named(to)
    with readable(store_options) as installation:

        def find(tx: Tx) -> Authored | None:
            owner = tenancy.tenant_named(tx, tenant)
            found = the_product(tx, installation.vault, owner, handle)
            return registry.model_in_force(tx, operator(installation, owner, "export"), found)

        authored = installation.store.read_now(find)
    if authored is None:
        raise ValueError(f"product {handle!r} has no thing model")
    source, text = catalog.named(authored.dialect), bytes(authored.text)
    return written(read(text, source, authored.parked, decoded(text)), target, source.name)


def the_product(tx: Tx, vault: Vault, owner: Tenant, handle: str) -> Product:
    """The tenant's product of this number or handle.

    Raises:
        NotFound: it has none.
    """
    found = product_named(tx, vault, owner, handle)
    if found is None:
        raise NotFound("product", handle, owner.name)
    return found


def product_named(tx: Tx, vault: Vault, owner: Tenant, text: str) -> Product | None:
    """The tenant's product of this number, or with this handle in any dialect."""
    for number in _numbers(vault, text):
        found = tx.get(Product, owner.id, number)
        if found is not None and text in (str(number), *handles(vault, found).values()):
            return found
    spaces = [s.id for s in tx.scan(Space, owner.id)][::-1]
    for dialect in root.dialects():
        for space in spaces:
            id = tx.holder(owner.id, alias_claim(dialect.name, space, text))
            if id is not None:
                return tx.get(Product, owner.id, id)
    return None


def _numbers(vault: Vault, text: str) -> Iterator[int]:
    for number in (number_in(text), *(d.product_of(vault, text) for d in root.dialects())):
        if number is not None:
            yield number


def number_in(text: str) -> int | None:
    """The number that the text spells, if a product could have it."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def handles(vault: Vault, found: Product) -> dict[str, str]:
    """What each dialect calls the product."""
    named = ((d.name, d.handle(vault, found)) for d in root.dialects())
    return {name: handle for name, handle in named if handle}


def plain_product(found: Product, vault: Vault) -> dict[str, Any]:
    """The product as JSON, with its handles and without its secrets."""
    profile = decoded(msgspec.json.encode(found.profile))
    return {
        "number": found.id,
        "handles": handles(vault, found),
        "space": found.space,
        "made_through": found.origin,
        "released": found.released,
        "revision": found.revision,
        "created": moment(found.created_at),
        "created_by": found.created_by.name,
        "updated": moment(found.updated_at),
        "updated_by": found.updated_by.name,
        "profile": profile,
    }
