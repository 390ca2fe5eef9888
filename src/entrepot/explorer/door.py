"""The explorer's door: proves a user by password, key or link, and looks again at every request."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable
from dataclasses import dataclass

from entrepot.core.faults import Throttled, Unauthenticated
from entrepot.core.identity import Tenant, User
from entrepot.core.vault import password_matches
from entrepot.dialect.gate import Gate
from entrepot.dialect.rates import Rates
from entrepot.explorer import session
from entrepot.explorer.session import Session

log = logging.getLogger("entrepot.explorer")
# A password costs 40 ms of work: guessing at any number of names keeps no more than a processor busy.
PASSWORDS_A_SECOND = 20
# As often may somebody try one name from one address within about a minute.
TRIES, TRIES_S = 10, 60.0
_LONGEST = 256  # name; nobody has a longer one
_NOWHERE = Tenant(id=0, name="", created_at=0)  # counts calls before anybody is known


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


class Door:
    """Keeps nothing: what it counts, the servers on one store count together."""

    def __init__(self, gate: Gate, rates: Rates, first_password: Callable[[Tenant], str]) -> None:
        """`first_password`: of a tenant's first user, as long as nobody chose another."""
        self._gate = gate
        self._rates = rates
        self._first_password = first_password

    async def guest(self, found: Session | None) -> Guest | None:
        """Whose session it is; None where it is nobody's, or who may not be here any more."""
        if found is None or not found.user:
            return None
        known = await self._gate.user(found.user)
        if known is None or known[0].disabled or known[1].disabled:
            return None
        user, tenant = known
        if not found.access_key:
            return Guest(found, user, tenant) if found.mark == user.password_mark else None
        bearer = await self._gate.bearer(found.access_key)
        if bearer is None or bearer.disabled or bearer.user.id != user.id:
            return None
        return Guest(found, user, tenant)

    async def sign_in(self, name: str, secret: str, peer: str) -> Session:
        """The session of an access key and its secret, or of a user and its password.

        `name` is the key, `user@tenant`, or a tenant for its first user.

        Raises:
            Throttled: too many tries.
            Unauthenticated: no such user or key, the wrong secret, or somebody switched off.
        """
        await self._allow(name, peer)
        if not name.isprintable() or len(name) > _LONGEST:
            raise self._refused(name, peer)
        bearer = await self._gate.bearer(name)
        if bearer is not None:
            if hmac.compare_digest(bearer.secret, secret.encode()) and not bearer.disabled:
                return session.begun(bearer.user, name, self._gate.now_ms())
            raise self._refused(name, peer)
        user, tenant = await self._named(name)
        stored = user.password if user else b""
        taken = self._rates.take(_NOWHERE, "explorer", "password", PASSWORDS_A_SECOND)
        if taken is not None:
            await taken
        # Off the loop, and as long for nobody as for somebody.
        proved = await asyncio.to_thread(password_matches, secret, stored)
        if user is None or tenant is None or user.disabled or tenant.disabled:
            raise self._refused(name, peer)
        if not (proved or self._is_first(user, tenant, secret)):
            raise self._refused(name, peer)
        return session.begun(user, "", self._gate.now_ms())

    async def enter(self, text: str, peer: str) -> Session:
        """The session of a link that was not used before.

        Raises:
            Throttled: too many tries.
            Unauthenticated: the link is none, its life is over, it was used, or its user may not.
        """
        await self._allow("link", peer)
        now_ms = self._gate.now_ms()
        ticket = session.read_ticket(self._gate.vault, text, now_ms)
        known = await self._gate.user(ticket.user) if ticket else None
        if ticket is None or known is None or known[0].disabled or known[1].disabled:
            raise self._refused("a link", peer)
        left_s = (ticket.expires_at - now_ms) / 1000 + 1
        if not await self._gate.fresh_nonce("explorer/ticket", ticket.nonce.hex(), left_s):
            raise self._refused("a link that was used before", peer)
        return session.begun(known[0], "", now_ms)

    def _is_first(self, user: User, tenant: Tenant, secret: str) -> bool:
        wanted = self._first_password(tenant).encode()
        return user.begins(tenant.name) and hmac.compare_digest(secret.encode(), wanted)

    async def _named(self, name: str) -> tuple[User | None, Tenant | None]:
        user_name, at, tenant_name = name.rpartition("@")
        tenant = await self._gate.tenant_by("name", tenant_name)
        if tenant is None:
            return None, None
        return await self._gate.user_named(tenant.id, user_name if at else tenant.name), tenant

    async def _allow(self, name: str, peer: str) -> None:
        for n in range(TRIES):
            if await self._gate.fresh_nonce("explorer/try", f"{peer}\0{name}\0{n}", TRIES_S):
                return
        raise Throttled(TRIES, int(TRIES_S), TRIES_S)

    def _refused(self, name: str, peer: str) -> Unauthenticated:
        log.warning("the explorer turned %r from %s away", name[:100], peer)
        return Unauthenticated("password")
