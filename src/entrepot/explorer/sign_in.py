"""The explorer's door: proves a user by password, key or link, and looks again at every request."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.core.faults import Unauthenticated
from entrepot.core.things.account import Tenant, User
from entrepot.core.vault import password_matches
from entrepot.dialect.authenticator import Authenticator, Bearer
from entrepot.explorer import session
from entrepot.explorer.session import Session

log = logging.getLogger("entrepot.explorer")
_LONGEST = 256  # name; nobody has a longer one
_LINK = "a link"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is signed in, as the store has them now."""

    session: Session
    user: User
    tenant: Tenant

    @property
    def name(self) -> str:
        """What to sign in with to be the same."""
        same = self.user.name == self.tenant.name
        return self.user.name if same else f"{self.user.name}@{self.tenant.name}"


class SignIn:
    """Keeps nothing of its own."""

    def __init__(
        self, authenticator: Authenticator, first_password: Callable[[Tenant], str]
    ) -> None:
        """`first_password`: of a tenant's first user, as long as nobody chose another."""
        self._authenticator = authenticator
        self._first_password = first_password

    async def guest(self, found: Session | None) -> Guest | None:
        """Whose session it is; None where it is nobody's, or who may not be here any more."""
        if found is None or not found.user:
            return None
        known = await self._authenticator.user(found.user)
        if known is None or known[0].disabled or known[1].disabled:
            return None
        user, tenant = known
        if not found.access_key:
            return Guest(found, user, tenant) if found.mark == user.password_mark else None
        bearer = await self._authenticator.bearer(found.access_key)
        if bearer is None or bearer.disabled or bearer.user.id != user.id:
            return None
        return Guest(found, user, tenant)

    async def sign_in(self, name: str, secret: str, peer: str) -> Session:
        """The session of an access key and its secret, or of a user and its password.

        `name` is the key, `user@tenant`, or a tenant for its first user.

        Raises:
            Throttled: too many wrong secrets from this address.
            Unavailable: too many passwords are being checked.
            Unauthenticated: no such user or key, the wrong secret, or somebody switched off.
        """
        account, passwords = _account(name), self._authenticator.passwords
        passwords.demand(peer, account)  # before anybody is looked up
        if not name.isprintable() or len(name) > _LONGEST:
            passwords.wrong(peer, account)
            raise self._refused(name, peer)
        bearer = await self._authenticator.bearer(name)
        if bearer is not None:
            return await self._by_key(bearer, secret, peer)
        user, tenant = await self._named(name)
        right = await passwords.prove(peer, account, lambda: self._matches(secret, user, tenant))
        if not right or user is None or tenant is None or user.disabled or tenant.disabled:
            raise self._refused(name, peer)
        return session.begun(user, "", self._authenticator.now_ms())

    async def _by_key(self, bearer: Bearer, secret: str, peer: str) -> Session:
        name = bearer.key.access_key
        right = await self._authenticator.passwords.prove(
            peer,
            _account(name),
            lambda: hmac.compare_digest(bearer.secret, secret.encode()),
            hashes=False,
        )
        if not right or bearer.disabled:
            raise self._refused(name, peer)
        return session.begun(bearer.user, name, self._authenticator.now_ms())

    async def enter(self, text: str, peer: str) -> Session:
        """The session of a link that was not used before.

        Raises:
            Throttled: too many links from this address were none.
            Unauthenticated: the link is none, its life is over, it was used, or its user may not.
        """
        self._authenticator.passwords.demand(peer, _LINK)
        now_ms = self._authenticator.now_ms()
        ticket = session.read_ticket(self._authenticator.vault, text, now_ms)
        known = await self._authenticator.user(ticket.user) if ticket else None
        if ticket is None or known is None or known[0].disabled or known[1].disabled:
            self._authenticator.passwords.wrong(peer, _LINK)
            raise self._refused(_LINK, peer)
        left_s = (ticket.expires_at - now_ms) / 1000 + 1
        if not await self._authenticator.fresh_nonce("explorer/ticket", ticket.nonce.hex(), left_s):
            raise self._refused("a link that was used before", peer)
        return session.begun(known[0], "", now_ms)

    def _matches(self, secret: str, user: User | None, tenant: Tenant | None) -> bool:
        """Whether it is the user's password; takes as long for nobody as for somebody."""
        proved = password_matches(secret, user.password if user else b"")
        if user is None or tenant is None:
            return False
        return proved or self._is_first(user, tenant, secret)

    def _is_first(self, user: User, tenant: Tenant, secret: str) -> bool:
        wanted = self._first_password(tenant).encode()
        return user.begins(tenant.name) and hmac.compare_digest(secret.encode(), wanted)

    async def _named(self, name: str) -> tuple[User | None, Tenant | None]:
        user_name, at, tenant_name = name.rpartition("@")
        tenant = await self._authenticator.tenant_by("name", tenant_name)
        if tenant is None:
            return None, None
        return await self._authenticator.user_named(
            tenant.id, user_name if at else tenant.name
        ), tenant

    def _refused(self, name: str, peer: str) -> Unauthenticated:
        log.warning("the explorer turned %r from %s away", name[:100], peer)
        return Unauthenticated("password")


def _account(name: str) -> str:
    """The name in one spelling: a tenant's own name means its first user."""
    return f"explorer/{name}" if "@" in name else f"explorer/{name}@{name}"
