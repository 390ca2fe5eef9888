"""`entrepot tenant ...`: accounts, their ids at the vendors and their settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from msgspec.structs import replace

from entrepot import main as root
from entrepot.cli.options import Json, StoreOptions, operator, readable, writable
from entrepot.cli.output import flat, moment, print_json, print_pairs, print_table
from entrepot.core import audit
from entrepot.core.accounts import tenancy
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Settings, Tenant
from entrepot.core.things.product import Product

tenant = App(name="tenant", default_parameter=Parameter(negative=()))

Name = Annotated[str, Parameter(help="Name of the tenant.")]
Changes = Annotated[
    list[str] | None,
    Parameter("--set", help="A setting as name=value, for example rate_limits=false; repeatable."),
]
Ids = Annotated[
    list[str] | None,
    Parameter("--id", help="What a vendor calls it: huawei.project_id=0c5f...; repeatable."),
]


@tenant.command
def create(
    name: Name, *, ids: Ids = None, changes: Changes = None, as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:  # fmt: skip
    """Make a tenant with a user of its name, a key, and ids at every vendor."""
    if not name or not name.isprintable() or len(name) > 64:
        raise ValueError("a tenant's name has 1 to 64 printable characters")
    settings = settings_of(Settings(), changes or ())
    with writable(store_options) as installation:

        def make(tx: Tx) -> Tenant:
            made = root.create_tenant(tx, installation.vault, name, settings, ids_of(ids or ()))
            caller = operator(installation, made, "tenant create")
            audit.note(tx, caller, "tenant", made.id, "create")
            return made

        made = installation.store.write_now(make)
        found = root.credentials(installation, made.name)
    if as_json:
        print_json(_plain(made) | {"credentials": found})
    else:
        print_pairs(flat(found), f"Tenant {name}: what an SDK needs")


@tenant.command(name="list")
def list_(*, as_json: Json = False, store_options: StoreOptions | None = None) -> None:
    """Every tenant, oldest first."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> list[tuple[Tenant, int]]:
            found = [(t, tx.count(Product, t.id)) for t in tx.scan(Tenant, INSTALLATION)]
            return found[::-1]

        tenants = installation.store.read_now(find)
    if as_json:
        print_json([_plain(t) | {"products": n} for t, n in tenants])
    else:
        rows = ((t.id, t.name, t.disabled, n, moment(t.created_at)) for t, n in tenants)
        print_table(("id", "name", "disabled", "products", "created"), rows)


@tenant.command
def show(
    name: Name,
    *,
    history: Annotated[bool, Parameter(help="Also who changed what, and when.")] = False,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """A tenant with its ids and settings."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> tuple[Tenant, list[dict[str, Any]]]:
            found = tenancy.tenant_named(tx, name)
            entries = tx.history(found.id, found.id) if history else []
            return found, [msgspec.to_builtins(e) for e in entries]

        found, entries = installation.store.read_now(find)
    plain = _plain(found)
    if as_json:
        print_json(plain | ({"history": entries} if history else {}))
        return
    print_pairs(flat(plain))
    if history:
        rows = ((moment(e["at"]), e["actor"][1], e["operation"], e.get("changes")) for e in entries)
        print_table(("when", "who", "what", "changes"), rows, "History")


@tenant.command(name="set")
def set_(
    name: Name,
    changes: Annotated[list[str], Parameter(help="Settings as name=value.")] = [],  # noqa: B006
    *,
    ids: Ids = None,
    store_options: StoreOptions | None = None,
) -> None:
    """Change a tenant's settings, or what a vendor calls it. Servers notice within a second."""
    if not changes and not ids:
        raise ValueError(f"nothing to set: give name=value; the settings are {_settings()}")

    def edit(old: Tenant) -> Tenant:
        settings = settings_of(old.settings, changes)
        return replace(old, settings=settings, ids={**old.ids, **ids_of(ids or ())})

    _change(name, "tenant set", edit, store_options)


@tenant.command
def disable(name: Name, *, store_options: StoreOptions | None = None) -> None:
    """Refuse every call of the tenant's users. Servers notice within a second."""
    _change(name, "tenant disable", lambda old: replace(old, disabled=True), store_options)


@tenant.command
def enable(name: Name, *, store_options: StoreOptions | None = None) -> None:
    """Let the tenant's users call again."""
    _change(name, "tenant enable", lambda old: replace(old, disabled=False), store_options)


def settings_of(settings: Settings, changes: Iterable[str]) -> Settings:
    """The settings with these `name=value` in place.

    Raises:
        ValueError: a name is unknown or a value wrong; says what would be right.
    """
    dialects = {d.name for d in root.dialects()}
    for name, value in pairs(changes, "rate_limits=false").items():
        if "." in name:  # a dialect's own option
            known_names([name], {*_options(), *settings.options}, "option")
            options = {k: v for k, v in settings.options.items() if k != name}
            settings = replace(settings, options=options | ({name: value} if value else {}))
            continue
        field = next((f for f in msgspec.structs.fields(Settings) if f.name == name), None)
        if field is None or name == "options":
            raise ValueError(f"no setting is called {name!r}; there are {_settings()}")
        given = [v for v in value.split(",") if v] if isinstance(field.default, tuple) else value
        try:
            new = msgspec.convert(given, field.type, strict=False)
        except msgspec.ValidationError as error:
            wanted = "it is true or false" if field.type is bool else error
            raise ValueError(f"{value!r} cannot be used for {name}: {wanted}") from None
        if isinstance(new, tuple):
            known_names(new, dialects, "dialect")
        settings = replace(settings, **{name: new})
    return settings


def ids_of(words: Iterable[str]) -> dict[str, str]:
    """The ids at the vendors from `vendor.name=value`.

    Raises:
        ValueError: no vendor has an id of that name.
    """
    ids = pairs(words, "huawei.project_id=0c5f")
    if empty := [name for name, value in ids.items() if not value]:
        raise ValueError(f"{empty[0]} cannot be empty")
    known_names(ids, root.tenant_ids().keys(), "id")
    return ids


def known_names(given: Iterable[str], known: Iterable[str], what: str) -> None:
    """Does nothing if every word is known.

    Raises:
        ValueError: one is not; says which there are.
    """
    for word in given:
        if word not in known:
            raise ValueError(f"no {what} is called {word!r}; there are {', '.join(sorted(known))}")


def pairs(words: Iterable[str], example: str) -> dict[str, str]:
    """Returns names and values from `name=value`.

    Raises:
        ValueError: a word is not of that form.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise ValueError(f"{word!r} is not of the form name=value, for example {example}")
        found[name] = value
    return found


def _change(name: str, operation: str, edit: Any, store_options: StoreOptions | None) -> None:
    with writable(store_options) as installation:

        def work(tx: Tx) -> Tenant:
            old = tenancy.tenant_named(tx, name)
            new: Tenant = edit(old)
            tx.put(old, new)
            caller = operator(installation, new, operation)
            found = audit.differences(old, new, ("ids", "settings", "disabled"))
            audit.note(tx, caller, "tenant", new.id, "update", found)
            return new

        installation.store.write_now(work)


def _settings() -> str:
    names = (n for n in Settings.__struct_fields__ if n != "options")
    return ", ".join((*names, *_options()))


def _options() -> list[str]:
    return [name for dialect in root.dialects() for name in dialect.options]


def _plain(found: Tenant) -> dict[str, Any]:
    settings: Mapping[str, Any] = {
        n: getattr(found.settings, n) for n in Settings.__struct_fields__
    }
    return {
        "id": found.id,
        "name": found.name,
        "disabled": found.disabled,
        "created": moment(found.created_at),
        "ids": dict(found.ids),
        "settings": {n: list(v) if isinstance(v, tuple) else v for n, v in settings.items()},
    }
