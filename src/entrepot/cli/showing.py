"""`entrepot credentials`, `entrepot config` and `entrepot openapi`: what is there already, printed."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from entrepot import main as root
from entrepot.cli.options import (
    Flags,
    Json,
    StoreOptions,
    TenantName,
    dialect_named,
    print_dialects,
    readable,
)
from entrepot.cli.output import flat, print_json, print_pairs, print_table
from entrepot.cli.serving import own_url
from entrepot.config import load, shown


def credentials(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    user: Annotated[
        str, Parameter(help="Whose key (default: the tenant's first user).", show_default=False)
    ] = "",
    as_json: Json = False,
    snippets: Annotated[
        bool, Parameter(help="Print code to paste, one snippet for each SDK.")
    ] = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Print what an SDK needs to call as a tenant, secrets included."""
    with readable(store_options) as installation:
        if snippets:
            url = own_url(installation.config)
            print("\n".join(root.snippets(installation, tenant, url, user)), end="")
            return
        found = root.credentials(installation, tenant, user)
    if as_json:
        print_json(found)
    else:
        whose = f"user {user} of " if user else ""
        print_pairs(flat(found), f"Credentials of {whose}tenant {tenant}")


def config(
    *,
    flags: Flags | None = None,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Print the settings in force and where each came from, and the bounds that are fixed.

    The flags are those of `serve`: what would it run with? Secrets are hidden.
    """
    from entrepot.edge.bounds import fixed
    from entrepot.explorer import BOUNDS

    store_options = store_options or StoreOptions()
    given = (flags or Flags()).given
    settings, origin = load({**given, **store_options.flags}, file=store_options.config)
    bounds = fixed(root.dialects()) | BOUNDS
    values, origin = shown(settings) | bounds, origin | dict.fromkeys(bounds, "fixed")
    if as_json:
        print_json({name: {"value": values[name], "source": origin[name]} for name in values})
    else:
        rows = ((name, value, origin[name]) for name, value in values.items())
        print_table(("setting", "value", "from"), rows)


def openapi(
    dialect: Annotated[
        str, Parameter(help="Name of the API; without one, the names.", show_default=False)
    ] = "",
) -> None:
    """Print the OpenAPI document of a vendor's API, or which there are."""
    from entrepot.dialect.openapi import document

    if not dialect:
        print_dialects()
        return
    print_json(document(dialect_named(dialect)))
