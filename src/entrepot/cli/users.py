"""`entrepot user ...` and `entrepot key ...`: who may call as a tenant, and with what."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from cyclopts import App, Parameter
from msgspec.structs import replace

from entrepot import main as root
from entrepot.cli.options import Json, StoreOptions, TenantName, operator, readable, writable
from entrepot.cli.output import moment, print_json, print_pairs, print_table
from entrepot.core import audit
from entrepot.core.accounts import tenancy
from entrepot.core.caller import PERMISSIONS
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Key, Tenant, User, key_claim
from entrepot.core.vault import hash_password

A = TypeVar("A", User, Key)

user = App(name="user", default_parameter=Parameter(negative=()))
key = App(name="key", default_parameter=Parameter(negative=()))

UserName = Annotated[str, Parameter(help="Name of the user.")]
AccessKey = Annotated[str, Parameter(help="The access key.")]
Permissions = Annotated[
    str,
    Parameter(
        help="Comma-separated: product:create, product:*, or * for everything.", show_default=True
    ),
]
Password = Annotated[
    str,
    Parameter(
        help="For vendors whose callers log in; - reads it from standard input, an empty one is none.",
        allow_leading_hyphen=True,
    ),
]

_KEY = re.compile(r"\A[A-Za-z0-9_.:-]{1,128}\Z")
_SECRET = re.compile(r"\A[!-~]{8,256}\Z")


@user.command(name="create")
def create_user(
    name: UserName,
    *,
    permissions: Permissions = "*",
    password: Password = "",
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Make a user and a key for it."""
    if not name or not name.isprintable() or "/" in name or len(name) > 64:
        raise ValueError("a user's name has 1 to 64 printable characters, and no /")
    allowed = permissions_of(permissions)
    hashed = _hashed(password)
    with writable(store_options) as installation:

        def make(tx: Tx) -> tuple[User, Key, str]:
            owner = tenancy.tenant_named(tx, tenant)
            made = tenancy.create_user(tx, owner, name, root.now_ms(), allowed, hashed)
            made_key, secret = tenancy.create_key(tx, installation.vault, made, root.now_ms())
            caller = operator(installation, owner, "user create")
            audit.note(tx, caller, "user", made.id, "create")
            audit.note(tx, caller, "key", made_key.id, "create")
            return made, made_key, secret

        made, made_key, secret = installation.store.write_now(make)
    plain = _plain_user(made, tenant) | {"access_key": made_key.access_key, "secret_key": secret}
    _print_secret(plain, as_json, tenant, made.name)


@user.command(name="list")
def list_users(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Every user of the tenant, oldest first."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> list[User]:
            return _users(tx, tenancy.tenant_named(tx, tenant))

        users = installation.store.read_now(find)
    if as_json:
        print_json([_plain_user(u, tenant) for u in users])
    else:
        rows = (
            (u.id, u.name, u.disabled, u.permissions, _logs_in(u, tenant), moment(u.created_at))
            for u in users
        )
        print_table(("id", "name", "disabled", "permissions", "password", "created"), rows)


@user.command(name="set")
def set_user(
    name: UserName,
    *,
    permissions: Permissions | None = None,
    password: Password | None = None,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """Change what a user may do, or its password."""
    if permissions is None and password is None:
        raise ValueError("nothing to set: give --permissions or --password")
    allowed = None if permissions is None else permissions_of(permissions)
    hashed = None if password is None else _hashed(password)

    def edit(old: User) -> User:
        if allowed is not None:
            old = replace(old, permissions=allowed)
        if hashed is None:
            return old
        return replace(old, password=hashed, password_chosen=True)

    _change_user(name, tenant, "user set", edit, store_options)


@user.command(name="disable")
def disable_user(
    name: UserName,
    *,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """Refuse every call of the user. Servers notice within a second."""
    _change_user(
        name, tenant, "user disable", lambda old: replace(old, disabled=True), store_options
    )


@user.command(name="enable")
def enable_user(
    name: UserName,
    *,
    tenant: TenantName = root.DEVELOPMENT,
    store_options: StoreOptions | None = None,
) -> None:
    """Let the user call again."""
    _change_user(
        name, tenant, "user enable", lambda old: replace(old, disabled=False), store_options
    )


@key.command(name="create")
def create_key(
    *,
    user: Annotated[
        str, Parameter(help="Whose key (default: the tenant's first user).", show_default=False)
    ] = "",
    access_key: Annotated[
        str, Parameter(help="One that you have; else a new one.", show_default=False)
    ] = "",
    secret_key: Annotated[
        str,
        Parameter(help="Its secret; - reads it from standard input.", allow_leading_hyphen=True),
    ] = "",
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Make a key, or bring one along: SDKs go on with the key they have."""
    secret_key = _from_input(secret_key)
    if access_key and not _KEY.match(access_key):
        raise ValueError("an access key has 1 to 128 letters, digits or _ . : -")
    if secret_key and not _SECRET.match(secret_key):
        raise ValueError("a secret key has 8 to 256 visible ASCII characters")
    if bool(access_key) != bool(secret_key):
        raise ValueError("give --access-key and --secret-key together, or neither")
    with writable(store_options) as installation:

        def make(tx: Tx) -> tuple[Key, str, str]:
            owner = tenancy.tenant_named(tx, tenant)
            holder = tenancy.user_named(tx, owner, user or owner.name)
            made, secret = tenancy.create_key(
                tx, installation.vault, holder, root.now_ms(), access_key, secret_key
            )
            audit.note(tx, operator(installation, owner, "key create"), "key", made.id, "create")
            return made, holder.name, secret

        made, holder, secret = installation.store.write_now(make)
    plain = _plain_key(made, holder) | {"secret_key": secret}
    _print_secret(plain, as_json, tenant, holder)


@key.command(name="list")
def list_keys(
    *,
    tenant: TenantName = root.DEVELOPMENT,
    as_json: Json = False,
    store_options: StoreOptions | None = None,
) -> None:
    """Every key of the tenant's users, oldest first, without the secrets."""
    with readable(store_options) as installation:

        def find(tx: Tx) -> list[tuple[Key, str]]:
            users = _users(tx, tenancy.tenant_named(tx, tenant))
            found = [(k, u.name) for u in users for k in tx.scan(Key, INSTALLATION, parent=u.id)]
            return sorted(found, key=lambda pair: pair[0].id)

        keys = installation.store.read_now(find)
    if as_json:
        print_json([_plain_key(k, holder) for k, holder in keys])
    else:
        rows = ((k.access_key, holder, k.disabled, moment(k.created_at)) for k, holder in keys)
        print_table(("access key", "user", "disabled", "created"), rows)


@key.command(name="disable")
def disable_key(access_key: AccessKey, *, store_options: StoreOptions | None = None) -> None:
    """Refuse every call signed with the key. Servers notice within a second."""
    _switch_key(access_key, True, store_options)


@key.command(name="enable")
def enable_key(access_key: AccessKey, *, store_options: StoreOptions | None = None) -> None:
    """Take calls signed with the key again."""
    _switch_key(access_key, False, store_options)


def permissions_of(text: str) -> tuple[str, ...]:
    """The permissions in the comma-separated text.

    Raises:
        ValueError: one is unknown, or there is none; lists what there is.
    """
    words = tuple(dict.fromkeys(w for part in text.split(",") if (w := part.strip())))
    kinds = dict.fromkeys(f"{p.partition(':')[0]}:*" for p in PERMISSIONS)
    known = ("*", *kinds, *PERMISSIONS)
    for word in words:
        if word not in known:
            raise ValueError(f"no permission is called {word!r}; there are {', '.join(known)}")
    if not words:
        raise ValueError(f"give at least one permission of {', '.join(known)}")
    return words


def _hashed(text: str) -> bytes:
    word = _from_input(text)
    if word and not 8 <= len(word) <= 128:
        raise ValueError("a password has 8 to 128 characters")
    return hash_password(word) if word else b""


def _from_input(text: str) -> str:
    return sys.stdin.readline().rstrip("\r\n") if text == "-" else text


def _users(tx: Tx, owner: Tenant) -> list[User]:
    return list(tx.scan(User, INSTALLATION, parent=owner.id))[::-1]


def _change_user(
    name: str,
    tenant: str,
    operation: str,
    edit: Callable[[User], User],
    store_options: StoreOptions | None,
) -> None:
    with writable(store_options) as installation:

        def work(tx: Tx) -> None:
            owner = tenancy.tenant_named(tx, tenant)
            old = tenancy.user_named(tx, owner, name)
            new = edit(old)
            tx.put(old, new)
            changed = audit.differences(old, new, ("permissions", "disabled"))
            if (old.password, old.password_chosen) != (new.password, new.password_chosen):
                changed["password"] = ["(changed)", "(changed)"]
            audit.note(
                tx, operator(installation, owner, operation), "user", new.id, "update", changed
            )

        installation.store.write_now(work)


def _switch_key(access_key: str, disabled: bool, store_options: StoreOptions | None) -> None:
    with writable(store_options) as installation:

        def work(tx: Tx) -> None:
            id = tx.holder(INSTALLATION, key_claim(access_key))
            old = None if id is None else tx.get(Key, INSTALLATION, id)
            owner = None if old is None else tx.get(Tenant, INSTALLATION, old.tenant)
            if old is None or owner is None:
                raise ValueError(
                    f"there is no key {access_key!r}; `entrepot key list --tenant NAME` shows them"
                )
            tenancy.set_disabled(tx, old, disabled)
            caller = operator(installation, owner, f"key {'disable' if disabled else 'enable'}")
            changed = {"disabled": [old.disabled, disabled]}
            audit.note(tx, caller, "key", old.id, "update", changed)

        installation.store.write_now(work)


def _print_secret(plain: dict[str, Any], as_json: bool, tenant: str, holder: str) -> None:
    if as_json:
        print_json(plain)
        return
    print_pairs(plain.items())
    words = shlex.join(["entrepot", "credentials", "--tenant", tenant, "--user", holder])
    print(f"`{words}` prints the user's oldest key that works.")


def _logs_in(found: User, tenant: str) -> bool:
    return bool(found.password) or found.begins(tenant)


def _plain_user(found: User, tenant: str) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "disabled": found.disabled,
        "permissions": list(found.permissions),
        "password": _logs_in(found, tenant),
        "created": moment(found.created_at),
    }


def _plain_key(found: Key, holder: str) -> dict[str, Any]:
    return {
        "access_key": found.access_key,
        "user": holder,
        "disabled": found.disabled,
        "created": moment(found.created_at),
    }
