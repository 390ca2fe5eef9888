"""`entrepot model ...`: the thing models that products are instances of, provisioned by hand.

What is done with models in files is in `conversion`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from msgspec.structs import replace

from entrepot import main as root
from entrepot.cli.options import Json, StoreOptions, TenantName, operator, readable, writable
from entrepot.cli.output import counted, moment, print_json, print_table
from entrepot.core.accounts import tenancy
from entrepot.core.ports import Tx
from entrepot.core.products import named_models
from entrepot.core.texts import decoded
from entrepot.core.things.model import NamedModel

model = App(name="model", default_parameter=Parameter(negative=()))

for _name, _help in (
    ("convert", "Write a thing model in the words of another vendor or of a standard."),
    ("check", "Will it fit? Every limit of a vendor's API that a thing model breaks."),
    ("diff", "What changed from one thing model to another, and whom it breaks."),
    ("formats", "The formats that thing models can be read and written in."),
):
    model.command(f"entrepot.cli.conversion:{_name}", name=_name, help=_help)

ModelKey = Annotated[str, Parameter(help="The model's key (EnOS: modelId).")]


@model.command(name="import")
def import_(
    *files: Annotated[
        Path,
        Parameter(
            help="JSON: a model or a list of them; - reads it here.", allow_leading_hyphen=True
        ),
    ],
    dialect: Annotated[str, Parameter(help="Whose spelling the files are in.")] = "enos",
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Keep thing models for a tenant: all of them or, where one is wrong, none."""
    named = {
        d.name: take for d in root.dialects() if (take := d.topics().import_models) is not None
    }
    take = named.get(dialect)
    if take is None:
        raise ValueError(f"--dialect {dialect}: models can be imported for {', '.join(named)}")
    if not files:
        raise ValueError("name at least one file")
    documents = [document for file in files for document in documents_of(file)]
    with writable(store_options) as installation:

        def keep(tx: Tx) -> tuple[str, ...]:
            owner = tenancy.tenant_named(tx, tenant)
            caller = operator(installation, owner, "model import")
            return take(tx, replace(caller, dialect=dialect), documents)

        keys = installation.store.write_now(keep)
    if as_json:
        print_json({"models": list(keys)})
    else:
        print(f"{counted(len(keys), 'model')}: {', '.join(keys)}")


@model.command(name="list")
def list_(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """The tenant's own thing models."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> list[NamedModel]:
            return list(named_models.every(tx, tenancy.tenant_named(tx, tenant).id))

        found = installation.store.read_now(find)
    if as_json:
        print_json([{"key": m.key, "dialect": m.model.dialect} for m in found])
    else:
        rows = [(m.key, m.model.dialect, moment(m.updated_at)) for m in found]
        print_table(("key", "written for", "updated"), rows)


@model.command
def show(
    key: ModelKey,
    *,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """The model as JSON, in the words that it was imported in."""
    with readable(store_options) as installation:
        found = installation.store.read_now(
            lambda tx: named_models.get(tx, tenancy.tenant_named(tx, tenant).id, key)
        )
    print_json(decoded(found.model.text))


@model.command
def delete(
    key: ModelKey,
    *,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """Forget a model that no product is an instance of."""
    with writable(store_options) as installation:

        def drop(tx: Tx) -> None:
            owner = tenancy.tenant_named(tx, tenant)
            named_models.delete(tx, operator(installation, owner, "model delete"), key)

        installation.store.write_now(drop)
    print(f"model {key} is gone")


def documents_of(file: Path) -> list[Any]:
    """Returns the objects in the file: one, or each of a list.

    Raises:
        ValueError: it holds something else.
    """
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        read: Any = msgspec.json.decode(raw)
    except RecursionError:
        raise ValueError(f"{file} is nested too deep") from None
    except msgspec.DecodeError as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    documents = read if isinstance(read, list) else [read]
    if not all(isinstance(d, dict) for d in documents):
        raise ValueError(f"{file} holds something that is no thing model: each is a JSON object")
    return documents
