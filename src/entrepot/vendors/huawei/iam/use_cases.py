"""What IAM does: checks a password, reads a token back. Knows no wire and no store's language."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest

from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound, Unauthenticated
from entrepot.core.kinds import INSTALLATION
from entrepot.core.ports import Tx
from entrepot.core.things.account import Tenant, User, tenant_claim, user_claim
from entrepot.core.vault import Vault, password_matches
from entrepot.dialect.authenticator import Authenticator
from entrepot.vendors.huawei import auth
from entrepot.vendors.huawei.account import (
    DOMAIN_ID,
    DOMAIN_NAME,
    PROJECT,
    REGION,
    initial_password,
    is_region,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A thing as a caller names it: by id, by name, or not at all."""

    id: str | None = None
    name: str | None = None

    def fits(self, id: str, name: str) -> bool:
        """Whether it means the thing of this id and name."""
        return self.id in (None, id) and self.name in (None, name)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who wants a token: for a project, or for its whole domain."""

    password: str = field(repr=False)
    user: int | None = None
    name: str = ""
    domain: Named | None = None
    project: Named | None = None
    whole: Named | None = None  # the domain that the token shall be for

    @property
    def account(self) -> str:
        """The user as the caller names it; wrong passwords are counted by it."""
        if self.user is not None:
            return f"iam/{self.user}"
        domain = self.domain or Named()
        return f"iam/{domain.id}/{domain.name}/{self.name}"


@dataclass(frozen=True, slots=True)
class Session:
    """A user who proved who it is, and what for. `project` is empty for the whole domain."""

    user: User
    tenant: Tenant
    project: str
    token: str = field(default="", repr=False)
    login: auth.Login | None = None


async def log_in(attempt: Attempt, authenticator: Authenticator, peer: str) -> Session:
    """The session. It takes as long, and says the same, for an unknown user as for a wrong password.

    Raises:
        Unauthenticated: no such user, a wrong password, or somebody switched off.
        NotFound: the project or the domain of the scope is not the user's.
        Throttled: too many wrong passwords from this address.
        Unavailable: too many passwords are being checked.
    """
    authenticator.passwords.demand(peer, attempt.account)  # before anybody is looked up
    user, tenant = await authenticator.store.look_up(lambda tx: _claimant(tx, attempt))
    right = await authenticator.passwords.prove(
        peer, attempt.account, lambda: _matches(authenticator.vault, attempt, user, tenant)
    )
    if not right or user is None or tenant is None:
        raise Unauthenticated("password")
    if user.disabled or tenant.disabled:
        raise Unauthenticated("disabled_key")
    return Session(user, tenant, _scope(tenant, attempt))


def _matches(vault: Vault, attempt: Attempt, user: User | None, tenant: Tenant | None) -> bool:
    """Whether it is the user's password; a hash is computed whether or not there is a user."""
    proved = password_matches(attempt.password, user.password if user else b"")
    if user is None or tenant is None:
        return False
    return proved or _computed(vault, user, tenant, attempt)


def _computed(vault: Vault, user: User, tenant: Tenant, attempt: Attempt) -> bool:
    """Whether it is the password of the tenant's first user, which nobody chose and no store holds."""
    password = initial_password(vault, tenant.id).encode()
    return user.begins(tenant.name) and compare_digest(attempt.password.encode(), password)


def _claimant(tx: Tx, attempt: Attempt) -> tuple[User | None, Tenant | None]:
    id = attempt.user
    if id is None:
        domain = attempt.domain or Named()
        rule, value = (DOMAIN_ID, domain.id) if domain.id else (DOMAIN_NAME, domain.name)
        owner = tx.holder(INSTALLATION, tenant_claim(rule, value or ""))
        id = None if owner is None else tx.holder(INSTALLATION, user_claim(owner, attempt.name))
    user = None if id is None else tx.get(User, INSTALLATION, id)
    tenant = None if user is None else tx.get(Tenant, INSTALLATION, user.tenant)
    return user, tenant


def _scope(tenant: Tenant, attempt: Attempt) -> str:
    """The name of the project that the token is for; empty for the domain."""
    whole, project = attempt.whole, attempt.project
    if whole is not None and not whole.fits(tenant.ids[DOMAIN_ID], tenant.ids[DOMAIN_NAME]):
        raise NotFound("domain", whole.id or whole.name or "")
    if project is None:
        return ""  # INFERRED: without a scope the token is for the domain
    name = project.name or REGION
    if project.id not in (None, tenant.ids[PROJECT]) or not is_region(name):
        raise NotFound("project", project.id or name)
    return name


def read_token(tx: Tx, caller: Caller, text: str) -> Session:
    """The session that a token of the caller's domain stands for.

    Raises:
        NotFound: it is no token, it has ended, or it is another domain's.
    """
    try:
        login = auth.read_token(caller.vault, text, caller.now_ms)
    except Unauthenticated:
        raise NotFound("token", "") from None
    user = tx.get(User, INSTALLATION, login.user)
    if user is None or user.tenant != caller.tenant.id or user.disabled:
        raise NotFound("token", "")
    if not login.holds_for(user):
        raise NotFound("token", "")
    return Session(user, caller.tenant, login.project, text, login)


def project_names(tx: Tx, caller: Caller, name: str | None) -> list[str]:
    """The one project of the caller, under the name it was asked for by; none if by another."""
    if name is None:
        return [REGION]
    return [name] if is_region(name) else []
