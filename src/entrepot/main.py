"""The composition root: the only file that knows what is real."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec.structs import replace

from entrepot import engines, keyfile, private
from entrepot.core import sealing
from entrepot.core.accounts import tenancy
from entrepot.core.accounts.tenancy import ROOT, open_vault
from entrepot.core.faults import NotFound
from entrepot.core.kinds import INSTALLATION
from entrepot.core.models.authored import Authored
from entrepot.core.models.catalog import Catalog
from entrepot.core.models.conversion import CANONICAL, Format
from entrepot.core.ports import Ledger, Tx
from entrepot.core.things.account import Key, Settings, Tenant, User
from entrepot.core.vault import Vault
from entrepot.dialect.dialect import Dialect
from entrepot.dialect.space_ids import SpaceIds
from entrepot.engines import Engine, Looking

if TYPE_CHECKING:
    from entrepot.config import Config
    from entrepot.dialect.handle import ServerContext
    from entrepot.dialect.owners import Owners

STORE, MASTER_KEY, NEXT_KEY = engines.STORE, "master.key", "master.key.next"
DEVELOPMENT = "dev"
S = TypeVar("S", bound=Looking, covariant=True)


@dataclass(slots=True)
class Installation(Generic[S]):
    """An opened store with the vault of its secrets; one over `Looking` can only be looked at."""

    config: Config
    store: S
    vault: Vault
    ledger: Ledger | None = None  # what the servers on one store count in

    def close(self) -> None:
        """Let go of the files and of other servers."""
        if self.ledger is not None:
            self.ledger.close()
        self.store.close()


Opened = Installation[Engine]
Readable = Installation[Looking]


def dialects() -> tuple[Dialect, ...]:
    """Every vendor API there is; a new vendor is one line here and one folder."""
    from entrepot.vendors.aliyun import ALIYUN
    from entrepot.vendors.enos import ENOS, TOKENS
    from entrepot.vendors.huawei.iam import IAM
    from entrepot.vendors.huawei.iotda import IOTDA
    from entrepot.vendors.huawei.roma import ROMA

    return (
        ALIYUN,
        IOTDA,
        ROMA,
        IAM,
        ENOS,
        TOKENS,
    )


@cache
def catalog() -> Catalog:
    """Every format that thing models are written in, the dialects' own and the standards'."""
    served = dialects()

    def standards() -> Iterable[Format]:
        from entrepot.standards import STANDARDS

        return STANDARDS

    def public() -> dict[str, Authored]:
        return {key: model for d in served for key, model in d.topics().public_models().items()}

    sources: dict[str, Callable[[], Iterable[Format]]] = {"": lambda: (CANONICAL,)}
    sources |= {d.name: partial(_formats, d) for d in served}
    return Catalog(sources | {"standards": standards}, public)


def _formats(dialect: Dialect) -> Iterable[Format]:
    return dialect.topics().formats


def open_installation(config: Config) -> Opened:
    """The store, opened; made where it is missing.

    Raises:
        ValueError: it cannot be used; says why.
    """
    try:
        if not (config.store and (config.master_key or config.master_key_file)):
            config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        private.tighten(config.data)
        keyfile.clean(key_file(config))
        if not config.store:
            master_key(config, make=not (config.data / STORE).exists())
        store = engines.open_engine(config)
    except OSError as error:
        raise ValueError(f"cannot use {config.data}: {error}") from None
    try:
        # Only the first of the nodes that share a store makes a key; the others are given it.
        if config.store and store.read_now(lambda tx: tx.recall(ROOT)) is None:
            master_key(config, make=True)
        return Installation(config, store, store.write_now(lambda tx: vault_of(tx, config)))
    except BaseException:
        store.close()
        raise


def read_installation(config: Config) -> Readable:
    """The store, opened to look at only, whether or not a server runs on it.

    Raises:
        ValueError: there is none, or it cannot be read; says why.
    """
    if not (config.store or (config.data / STORE).exists()):
        raise ValueError(
            f"there is no store in {config.data}: start `entrepot serve --data {config.data}` once,"
            " or name another directory with --data"
        )
    store = engines.read_engine(config)
    try:
        if store.read_now(lambda tx: tx.recall(ROOT)) is None:
            raise ValueError(
                f"{engines.store_location(config)} is empty: start `entrepot serve` once"
            )
        return Installation(config, store, store.read_now(lambda tx: vault_of(tx, config)))
    except BaseException as error:
        store.close()
        if isinstance(error, OSError):
            raise ValueError(f"cannot read {config.data}: {error}") from None
        raise


def master_key(config: Config, make: bool = False) -> bytes:
    """The key from the settings, else from the file; `make`: a new one in the data directory.

    Raises:
        ValueError: there is none, or it is not a key.
    """
    if config.master_key:
        return bytes.fromhex(config.master_key)
    path = key_file(config)
    if make and not config.master_key_file:
        keyfile.make(path, secrets.token_bytes(32))
    try:
        return keyfile.read(path)
    except FileNotFoundError:
        raise ValueError(
            f"{path} is missing, and without it no secret can be read: put it back from a backup"
            " (of another node, where several share a store), or set ENTREPOT_MASTER_KEY"
        ) from None


def key_file(config: Config) -> Path:
    """Where the master key is, unless the settings themselves hold it."""
    return config.master_key_file or config.data / MASTER_KEY


def next_key_file(config: Config) -> Path:
    """Where the next one is while the key is changed."""
    path = key_file(config)
    return path.with_name(path.name + NEXT_KEY.removeprefix(MASTER_KEY))


def vault_of(tx: Tx, config: Config) -> Vault:
    """The vault, opened by the master key, whether or not somebody changes the key meanwhile.

    Raises:
        ValueError: no key that is at hand opens it.
    """
    path, following = key_file(config), next_key_file(config)
    try:
        return open_vault(tx, master_key(config))
    except ValueError:
        # A change of keys that was cut off between store and file, or ended since the file was read.
        for file in () if config.master_key else (following, path):
            with suppress(ValueError, FileNotFoundError):
                vault = open_vault(tx, keyfile.read(file))
                if file == following:
                    keyfile.move(following, path)
                return vault
        raise


def change_master_key(config: Config, new: bytes) -> Path | None:
    """Where the old key is kept, if it was in a file; from now on the secrets are under the new one.

    What the keys seal is one secret of the installation, from which all others hang: they need
    not be touched. A key that came in the settings has to be changed there by hand.

    Raises:
        ValueError: the key at hand does not open the store.
    """
    installation = open_installation(config)
    try:
        old, path, following = master_key(config), key_file(config), next_key_file(config)
        if config.master_key:
            installation.store.write_now(lambda tx: tenancy.change_master_key(tx, old, new))
            return None
        kept = path.with_name(f"{path.name}.{keyfile.fingerprint(old)}")
        keyfile.put(kept, old)
        keyfile.put(following, new)
        installation.store.write_now(lambda tx: tenancy.change_master_key(tx, old, new))
        keyfile.move(following, path)
        return kept
    finally:
        installation.close()


def tenant_ids() -> dict[str, str]:
    """What a new tenant is called at every vendor."""
    return {name: id for dialect in dialects() for name, id in dialect.tenant_ids().items()}


def space_ids() -> dict[str, SpaceIds]:
    """Returns what vendors call spaces, by the name of the id."""
    found = (dialect.space_ids for dialect in dialects())
    return {ids.name: ids for ids in found if ids is not None}


def create_tenant(
    tx: Tx,
    vault: Vault,
    name: str,
    settings: Settings | None = None,
    ids: Mapping[str, str] | None = None,
) -> Tenant:
    """A tenant with ids at every vendor (those given, else new ones), a user of its name, and a key.

    Raises:
        Taken: there is a tenant of that name, or with one of the ids.
    """
    tenant = tenancy.create_tenant(tx, name, now_ms(), {**tenant_ids(), **(ids or {})}, settings)
    user = tenancy.create_user(tx, tenant, name, now_ms())
    tenancy.create_key(tx, vault, user, now_ms())
    return tenant


def prepare(installation: Opened) -> bool:
    """Whether the store was empty; then it has the development tenant now.

    Tenants from before a dialect was added get what that dialect calls them.
    """
    names = tenant_ids()

    def work(tx: Tx) -> bool:
        if not tx.count(Tenant, INSTALLATION):
            # Its server still asks that only this machine can reach it.
            believed = tuple(dialect.name for dialect in dialects())
            settings = Settings(accept_unverifiable=believed)
            create_tenant(tx, installation.vault, DEVELOPMENT, settings)
            return True
        for tenant in list(tx.scan(Tenant, INSTALLATION)):
            if not names.keys() <= tenant.ids.keys():
                tx.put(tenant, replace(tenant, ids={**tenant_ids(), **tenant.ids}))
        return False

    return installation.store.write_now(work)


def credentials(installation: Readable, tenant: str, user: str = "") -> dict[str, Any]:
    """Everything that an SDK needs to know to call as the tenant's user, by default its first.

    Raises:
        NotFound: no such tenant or user, or it has no key that works.
        ValueError: the tenant is from before a dialect was added.
    """
    vault = installation.vault

    def find(tx: Tx) -> dict[str, Any]:
        found = tenancy.tenant_named(tx, tenant)
        return credentials_in(tx, vault, found, tenancy.user_named(tx, found, user or found.name))

    return installation.store.read_now(find)


def credentials_in(
    tx: Tx, vault: Vault, tenant: Tenant, holder: User, access_key: str = ""
) -> dict[str, Any]:
    """The same in a unit of work; with a key of the user's that is named, else with its oldest.

    Raises:
        NotFound: the user has no such key, or none that works.
        ValueError: see `credentials`.
    """
    keys = [
        key
        for key in tx.scan(Key, INSTALLATION, parent=holder.id)
        if not key.disabled and access_key in ("", key.access_key)
    ]
    if not keys:
        raise NotFound("key", holder.name, tenant.name)
    if missing := tenant_ids().keys() - tenant.ids.keys():
        raise ValueError(
            f"tenant {tenant.name!r} has no {min(missing)} yet: start `entrepot serve` once"
        )
    secret = vault.open(keys[-1].sealed, sealing.access_key(keys[-1].id)).decode()
    answer: dict[str, Any] = {"access_key": keys[-1].access_key, "secret_key": secret}
    for dialect in dialects():
        for part, fields in dialect.credentials(tenant, holder, vault).items():
            answer.setdefault(part, {}).update(fields)
    return answer


def first_user(installation: Readable, tenant: str) -> User | None:
    """The user that the tenant began with, where both are there and may call."""

    def find(tx: Tx) -> User | None:
        found = tenancy.tenant_named(tx, tenant)
        user = tenancy.user_named(tx, found, tenant)
        return None if found.disabled or user.disabled else user

    with suppress(NotFound):
        return installation.store.read_now(find)
    return None


def first_password(vault: Vault, tenant: Tenant) -> str:
    """The password of the tenant's first user, as long as nobody chose another (`User.begins`)."""
    return next(
        (d.first_password(tenant, vault) for d in dialects() if d.first_password is not None), ""
    )


def snippets(installation: Readable, tenant: str, endpoint: str, user: str = "") -> list[str]:
    """What to paste to point each vendor's SDK at the endpoint as the tenant's user."""
    from entrepot.dialect.samples import snippet

    known = credentials(installation, tenant, user)
    return [text for d in dialects() if (text := snippet(d, known, endpoint))]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on the address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def context_of(installation: Opened, counts: Path | None = None) -> tuple[Owners, ServerContext]:
    """The dialects, ready to answer, and what they need of the world.

    `counts`: where the processes of one server count together.
    """
    from entrepot.dialect.authenticator import Authenticator
    from entrepot.dialect.handle import ServerContext
    from entrepot.dialect.owners import Owners
    from entrepot.dialect.rates import Rates

    installation.ledger, nonces = engines.counted_together(installation.config, counts)
    authenticator = Authenticator(
        installation.store,
        installation.vault,
        loopback=is_loopback(installation.config.host),
        catalog=catalog(),
        nonces=nonces,
    )
    rates = Rates(ledger=installation.ledger)
    return Owners(dialects()), ServerContext(installation.store, authenticator, rates)


def url(host: str, port: int, scheme: str = "http") -> str:
    """The address as a URL."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
