"""`entrepot category ...`: a tenant's own categories, whose thing models new products begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from msgspec.structs import replace

from entrepot import main as root
from entrepot.cli.models import documents_of
from entrepot.cli.options import Json, StoreOptions, TenantName, operator, readable, writable
from entrepot.cli.output import counted, moment, print_json, print_table
from entrepot.core.accounts import tenancy
from entrepot.core.ports import Tx
from entrepot.core.products import categories
from entrepot.core.products.categories import CategoryFile
from entrepot.core.texts import decoded
from entrepot.core.things.category import Category

category = App(name="category", default_parameter=Parameter(negative=()))

CategoryKey = Annotated[str, Parameter(help="The category's key (Alibaba: CategoryKey).")]


@category.command(name="import")
def import_(
    *files: Annotated[
        Path,
        Parameter(
            help="JSON: a TSL, or one with its categoryKey and categoryName, or a list; - reads it here.",
            allow_leading_hyphen=True,
        ),
    ],
    key: Annotated[
        str, Parameter(help="Key of a TSL (default: the file's name).", show_default=False)
    ] = "",
    name: Annotated[
        str, Parameter(help="Name of a TSL's category (default: its key).", show_default=False)
    ] = "",
    dialect: Annotated[str, Parameter(help="Whose spelling the files are in.")] = "aliyun",
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Keep categories for a tenant: all of them or, where one is wrong, none."""
    named = {
        d.name: take for d in root.dialects() if (take := d.topics().import_categories) is not None
    }
    take = named.get(dialect)
    if take is None:
        raise ValueError(f"--dialect {dialect}: categories can be imported for {', '.join(named)}")
    if not files:
        raise ValueError("name at least one file")
    given = [
        CategoryFile(key or file.name.partition(".")[0], name, document)
        for file in files
        for document in documents_of(file)
    ]
    if (key or name) and len(given) > 1:
        raise ValueError("--key and --name are of one category: import each file by itself")
    with writable(store_options) as installation:

        def keep(tx: Tx) -> tuple[str, ...]:
            owner = tenancy.tenant_named(tx, tenant)
            caller = operator(installation, owner, "category import")
            return take(tx, replace(caller, dialect=dialect), given)

        keys = installation.store.write_now(keep)
    if as_json:
        print_json({"categories": list(keys)})
    else:
        kept = f"{len(keys)} categories" if len(keys) != 1 else counted(1, "category")
        print(f"{kept}: {', '.join(keys)}")


@category.command(name="list")
def list_(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """The tenant's own categories, without those that every tenant has."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> list[Category]:
            return list(categories.every(tx, tenancy.tenant_named(tx, tenant).id))

        found = installation.store.read_now(find)
    if as_json:
        print_json([{"key": c.key, "name": c.name, "dialect": c.model.dialect} for c in found])
    else:
        rows = [(c.key, c.name, moment(c.updated_at)) for c in found]
        print_table(("key", "name", "updated"), rows)


@category.command
def show(
    key: CategoryKey,
    *,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """The category's thing model as JSON, in the words that it was imported in."""
    with readable(store_options) as installation:
        found = installation.store.read_now(
            lambda tx: categories.get(tx, tenancy.tenant_named(tx, tenant).id, key)
        )
    print_json(decoded(found.model.text))


@category.command
def delete(
    key: CategoryKey,
    *,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """Forget a category. Products that were made of it keep their thing models."""
    with writable(store_options) as installation:

        def drop(tx: Tx) -> None:
            owner = tenancy.tenant_named(tx, tenant)
            categories.delete(tx, operator(installation, owner, "category delete"), key)

        installation.store.write_now(drop)
    print(f"category {key} is gone")
